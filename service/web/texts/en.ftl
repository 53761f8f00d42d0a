### What stands on the pages around the words of an assessment. One message a thing; numbers come ready to be written.

## Every page
skip = Skip to the content
nav = Pages
nav-upload = Runs
nav-history = History
nav-coach = Coach
nav-settings = Settings
nav-sign-out = Sign out
disclaimer = Training information from your watch file. Not medical advice, not a diagnosis, not a prediction that you will or will not cramp.
foot-api = API reference
unknown = unknown
yes = yes
no = no
not-told = not told
behind = This is being assessed again, as other runs came or went, or something was told of them or of this one. The page still shows the result before.
problem-title = { $code ->
    [not_found] Nothing here
    [forbidden] Not with this key
    [cross_site] Came from another site
    [not_local] Only from this computer
    [internal] Our mistake
    [rate_limited] Too often
   *[other] { $given }
}
problem-what = { $code ->
    [not_found] { $auth ->
        [local] There is no such page or run here. The address may be mistyped, or the run was deleted. The history lists all that is here.
       *[keys] There is no such page or run here, or it belongs to somebody whom your key does not name. The address may be mistyped, or the run was deleted.
    }
    [method_not_allowed] This address takes a form and cannot be opened by itself. Go back to the page with the form.
    [forbidden] Your key may not do this. Whoever runs this service can say which key may.
    [cross_site] A page of another site may not do this. Open the page here and do it from there.
    [not_local] This service answers the computer that it runs on, and nobody else.
    [internal] Something broke here that should not have. What was kept before is still there; whether what you just sent was kept is not certain, so look before you send it again. If it stays so, tell whoever runs this service the number below.
    [rate_limited] That was more often than is allowed. Wait a minute and try again.
   *[other] { $given }
}
problem-more = What this means
problem-home = To the start page
problem-code = Code:
problem-id = If you ask for help, name this number:

## Forms
form-refused = { $count ->
    [0] This cannot be kept as it is; nothing was kept or sent.
    [one] One entry needs another look; nothing was kept or sent yet.
   *[other] { $count } entries need another look; nothing was kept or sent yet.
}
wrong = { $kind ->
    [number] this is not a number
    [whole] this is not a whole number
    [least] at least { $bound }
    [most] at most { $bound }
    [above] more than { $bound }
    [below] less than { $bound }
    [long] at most { $bound } characters
    [choice] choose one of those that are offered
    [missing] this is needed
    [signs] this holds a sign that cannot be kept
    [zone] no time zone has this name; names are like Europe/Vienna
    [rest] this has to be below the highest heart rate
    [beyond] this lies beyond the end of the run
    [meanwhile] since you opened the page this was changed elsewhere; to have what stands here, keep it once more
    [meanwhile_is] since you opened the page this was changed elsewhere to { $bound }; to have what stands here, keep it once more
    [meanwhile_says] since you opened the page this was changed elsewhere to “{ $bound }”; to have what stands here, keep it once more
    [whose] an athlete’s key is for one athlete, a coach’s for one or more, an admin’s for none in particular
    [address] events go to addresses on the internet that begin with https:// and name no port; others have to be allowed in CRAMPWATCH_DELIVERY_ORIGINS
   *[other] this cannot be kept as it is
}
unit = { $unit ->
    [ml] ml
    [fl_oz] fl oz
    [fl_oz_per_h] fl oz/h
    [l_per_h] l/h
    [g] g
    [mg] mg
    [kg] kg
    [lb] lb
    [km] km
    [mi] mi
    [m] m
    [ft] ft
    [kmh] km/h
    [mph] mph
    [celsius] °C
    [fahrenheit] °F
    [pct] %
    [bpm] bpm
    [spm] spm
    [rpm] rpm
    [strokes] strokes/min
    [per_min] per min
    [kib] KiB
    [min] min
    [h] h
   *[effort] 1–10
}

## Words of the contract
level = { $level ->
    [low] low
    [moderate] moderate
    [high] high
    [very_high] very high
   *[none] none
}
severity = { $severity ->
    [low] low
    [moderate] moderate
    [high] high
    [very_high] very high
   *[other] { $severity }
}
sport = { $sport ->
    [running] Run
    [cycling] Ride
    [walking] Walk
    [hiking] Hike
    [swimming] Swim
    [rowing] Row
    [transition] Change
   *[other] Activity
}
unnamed = { $distance ->
    [none] { sport }
   *[other] { sport }, { $distance }
}
outing = One outing:
twin = Another record covers the same time:
twin-do = They count as two runs. If they are of one, one is enough:
ends-early-short = The file ends early.
ends-early = The file ends before the run did: what follows is about the part that could be read.
weather-tell = tell it
change-title = Name, sport, weather, note
change-why = What you say here stands above what the file says, and the run is assessed again with it. An empty field takes back what you said of it; a name that the file or a service gave cannot be emptied, only written over.
run-name = Name
run-sport = Sport
run-note = Note
sport-stays = as it is: { sport }
sport-choice = { $sport ->
    [running] Run
    [trail_running] Trail run
    [treadmill_running] Treadmill run
    [walking] Walk
    [hiking] Hike
    [cycling] Ride
    [swimming] Swim
    [rowing] Row
    [as_filed] What the file says
   *[other] { $sport }
}
change-keep = Keep it
delete-title = Delete this run
delete-why = The run goes with its files, its answer and its log, and the runs after it are judged without it. A sync service does not bring it back; uploading the file again does.
delete-do = Delete for good
deleted = The run is deleted.
take-out = take it out: it is a run of its own
warning = { $code ->
    [interrupt] A late stop
    [fast_start] Fast start
    [start_above_fitness] Start above fitness
    [fade] Slower second half
    [hilly] Hilly run
    [duration] A long run
    [spike] Much longer than usual
    [weekly_10] A bigger week
    [no_rest] Little rest
    [decoupling] Heart rate drift
    [intensity] Hard effort
    [heat] Heat
    [dry_windy] Dry and windy
    [cold] Cold
    [perf_drop] Performance below usual
    [monotony] Runs all alike
    [recurrent] Cramps that come back
   *[other] { $code }
}
reminder = { $code ->
    [fluid] drink, an estimated
    [sodium] sodium, an estimated
    [carbs] carbohydrate, an estimated
   *[other] { $code }
}
phase = { $phase ->
    [pre] Before
    [during] On the way
   *[post] Afterwards
}
answer = { $answer ->
    [none] no cramp
    [near] a twinge
    [cramp_continued] cramp, went on
    [cramp_stopped] cramp, stopped
   *[other] no answer
}
muscle = { $muscle ->
    [calf] calf
    [hamstring] back of the thigh
    [quad] front of the thigh
    [foot] foot
   *[other] another muscle
}
side = { $side ->
    [left] left
    [right] right
   *[both] both
}

## Signs that a clinician should look at
flags-title = Have this looked at first
flags-told = Told of this run: { $flags }.
danger-sign = danger sign
flagged = A sign that a clinician should look at was told of this run: have it looked at first.
next-not-shown = No plan for a next run is shown as long as a sign that a clinician should look at is told of this run. Rest, drink to thirst, and have it looked at first.

## Figures of a run
distance = Distance
distance-stated = as the device states it; its samples, and paces and splits with them, cover { $distance }
moving-time = Moving time
of-elapsed = of { $time }
pace = Pace
speed = Speed
gap = Grade-adjusted pace
gap-short = GAP
ascent = Ascent
descent = Descent
descent-too = { $height } down
elevation = Elevation
heart-rate = Heart rate
bpm = { $rate } bpm
at-most = { $rate } at most
unused = { $why ->
    [cadence_lock] not used: it follows the cadence
    [heart_rate_flat] not used: it stands still for many minutes
   *[heart_rate_coverage] not used: it is missing for much of the time
}
cadence = Cadence
conditions = Conditions
humid = { $humidity } % humidity
windy = wind { $wind }
weather-source = { $source ->
    [device] by the watch
    [assumed] assumed
    [provider] by the service it came from
   *[other] { "" }
}
start = start
end = finish

## Score
score-title = Risk factors in this { $sport ->
    [walking] walk
    [hiking] hike
   *[other] run
}
of-points = of 100 points
bar-label = { $score } of 100 points, made up of { $parts ->
    [one] one part
   *[other] { $parts } parts
}, listed below.
in-all = in all
by-points-alone = by the points alone
points-not-per-cent = Points, not per cent: ten more double the odds, and no score says whether you will cramp.
level-source = { $has ->
    [no] The level follows from the points alone.
   *[yes] { $source ->
        [points] The points give the level; the conditions of the day and the course say { $table }, no higher.
       *[other] The points alone would say { $points }; the conditions of the day or the course lift the level to { $table }, whatever points they brought.
    }
}
confidence-in-level = Confidence in the level: { $confidence }.
range = With everything known, the score could be { $low } to { $high }.
usual = { $share ->
    [0] No higher than any of your recent runs.
    [100] Higher than each of your recent runs.
   *[other] Higher than { $share } % of your recent runs.
}
forecast = For a similar run to come the forecast is { $score }: these points without what only shows afterwards, such as a slower second half.
not-assessed-yet = This run has not been assessed yet.
not-scored = No score
not-scored-why = { $status ->
    [too_short] Too short: an assessment needs five minutes and 500 metres.
   *[other] Only running, walking and hiking are scored; this is kept with its figures.
}

## Warnings
warnings-title = { $count ->
    [0] Nothing stood out
    [one] One thing stood out
   *[other] { $count } things stood out
}
no-warnings = No rule that could look at this run found anything. What could not be assessed is listed at the end of the page.
points = { $count ->
    [0] no points
    [one] { $points } point
   *[other] { $points } points
}
what-if = What if:
where = Where
whole-run = the whole run
and-more = and { $count } more
stretches = { $count } stretches
how-much = How much
against = { $value }; { $comparator ->
    [above] { $band } above { $threshold }
    [down] { $band } from { $threshold } down
    [below] { $band } below { $threshold }
   *[from] { $band } from { $threshold } on
}{ $moved ->
    [yes] , { $severity } by what is usual for you
   *[no] { "" }
}
how-sure = How sure
confidence-in-measure = Confidence in this measurement: { $confidence }.
source = Source
rule = rule { $code }, version { $version }
article = statements { $refs }

## What rules are
rules-title = Rules and their sources
rules-why = Each warning comes from one rule. A rule looks at one run and answers that it found something, that all was clear, or why it could not tell.
rules-all = All rules
rule-why = What it looks at, and why
rule-no-change = No smallest change is told: { $why }.
rule-thresholds = What it decides by
rule-name = What
rule-value = Value
rule-points = What it adds to the score
rule-from = from { $name } minutes on
rule-no-points = Nothing: it is advice, or a question.
rule-statements = Statements that it stands on
rule-statements-why = Sentences of the article that the advice of this service comes from, in our words, each with the evidence there is for it as a claim about cramps.
grade-short = { $grade ->
    [none] no grade: it claims nothing
   *[other] grade { $grade }
}
question = A question to you
answer-here = Answer below

## Charts
charts-title = { $sport ->
    [running] Where in the run
    [walking] Where on the walk
    [hiking] Where on the hike
    [cycling] Where on the ride
    [swimming] Where in the swim
   *[other] Where on the way
}
charts-twin = The same as a table
charts-need-script = The charts need JavaScript; everything they show stands in the tables below.
strips-label = Charts over the distance, with one cursor
strips-shaded = Shaded, by its number, is where something stood out; the band at the foot holds for the whole run.
strips-help = Move along with the mouse or the arrow keys. Drag, or press + and −, to look closer; press 0 for the whole way.
zoom-in = Closer
zoom-out = Further
zoom-all = Whole way
map-title = Map
map-label = Map of the way
map-ends = The ring is the start, the dot the finish.
map-private = The map has no background, so that no map server learns where you were.

## Reminders
next-title = For the next { $sport ->
    [walking] walk
    [hiking] hike
    [cycling] ride
    [swimming] swim
    [rowing] row
   *[other] run
} like this one
marks-title = On the way, by the minute
marks-further = On to minute { $minute }
marks-mass = They are reckoned with a weight of { $mass }, as the profile tells.
marks-estimate = Amounts are estimates for a run like this one. Drink to thirst; less is fine.
minute = minute { $minute }
more-reminders = More reminders

## Did you cramp?
cramp-title = Did you cramp?
cramp-asked = { $reason ->
    [interrupt] The run slowed or broke off late, and a watch cannot tell why. Your answer makes what is said next time better.
   *[other] A watch cannot see a cramp. Your answer, a "no" too, makes what is said next time better.
}
cramp-unasked = A watch cannot see a cramp. If you had one, say so here.
cramp-question = On the way, or within six hours after
cramp-answer = { $answer ->
    [none] No
    [near] Nearly: a twinge
    [cramp_continued] Yes, and I went on
   *[cramp_stopped] Yes, and I walked or stopped
}
cramp-told = { $answer ->
    [none] You answered: no cramp.
    [near] You answered: a twinge.
    [cramp_continued] You answered: a cramp, and you went on.
   *[cramp_stopped] You answered: a cramp, and you walked or stopped.
}
cramp-kept = It is kept with this run, and the runs after it are assessed with it.
cramp-follows = It is kept. This run and those after it are being assessed again with it: what this page says may have changed.
page-anew = Show the page anew
cramp-change = Change the answer
cramp-details = Where and when, if you remember
cramp-muscle = Muscle
cramp-side = Side
cramp-at = At
cramp-minute = At minute
cramp-when = When
cramp-time = { $when ->
    [during] during the run
   *[after] after it
}
cramp-stitch = I had a stitch (that is no cramp)
red-flags = Any of these? A clinician should hear of them, cramp or not.
red-flag = { $flag ->
    [widespread] cramps in many muscles
    [dark_urine] dark urine
    [chest_pain] chest pain
    [fainting] fainting
   *[fever] fever
}
keep-answer = Keep the answer

## Log
log-title = Drink, food, weight, sleep
log-why = All of it is optional. Three weighings tell how much you sweat, which makes the amounts better than a guess.
log-kept = Kept.
log-follows = This run and those after it are being assessed again with it: score and reminders on this page may have changed.
weighed-hidden = A sweat rate was measured on this run. Amounts are not shown: your profile hides them, or you may be under 18.
weighed = Measured: you sweated { $rate } on this run. { $change ->
    [same] You weighed the same after it as before
    [more] You weighed { $mass } more after it
   *[less] You weighed { $mass } less after it
}, drank { $drunk }{ $passed ->
    [none] { "" }
   *[other] , passed { $passed }
}, and moved for { $time }.
weighed-use = { $by ->
    [profile] Amounts stand on the rate in your profile, { $profile }, which goes before what is weighed.
    [weighings] Amounts stand on the median of your { $count } weighings, { $median }.
   *[estimate] Amounts stand on an estimate until { $least } runs of this sport are weighed; { $count ->
        [one] this is the first
       *[other] now there are { $count }
    }.
}
weighed-not = No sweat rate could be measured, as this is missing: { $missing }. What was none is a 0.
weighed-why-not = { $why ->
    [short] No sweat rate was measured: within half an hour, scales are off by more than is sweated.
   *[impossible] No sweat rate was measured, as nobody sweats so much or so little; look at the weights again.
}
log-fluid = Fluid on the way
log-carbs = Carbohydrate
log-sodium = Sodium
log-mass-before = Weight before
log-mass-after = Weight after
log-urine = Urine in between
log-sleep = Sleep the night before
log-effort = Effort
log-fasted = On an empty stomach
keep-log = Keep the log

## Tables
splits = Splits
laps = Laps
lap = Lap
climbs = Climbs and descents
stretch = Stretch
split-time = Time
splits-further = On to the end, { $count } more
split-rest = last { $distance }
climb = { $kind ->
    [climb] Climb
   *[descent] Descent
}
zones = Heart rate zones
zone = Zone
from-bpm = From bpm
minutes = Minutes
doubts-title = Behind the assessment
suppressed = { $count ->
    [one] Seen, but not stated as a warning (1)
   *[other] Seen, but not stated as a warning ({ $count })
}
not-assessed = What was not assessed ({ $count })
data-quality = How good the data are ({ $count })
sources = { $count ->
    [one] The file
   *[other] The { $count } files of this run
}
via = { $via ->
    [upload] uploaded
    [import] imported
    [watch] from a watched folder
   *[other] from { $via }
}
download = download
verify = Work every number out again from the stored samples
ruleset = rules { $version }

## Runs and uploads
runs-title = Runs
welcome-title = Which moments of your run raised the risk of a cramp?
welcome = Drop the file of a run from your watch, and read in ten seconds what happened, why, and what to do next time.
upload-title = Add runs
drop-here = Drop files here, or choose them
drop-kinds = FIT, GPX or TCX from any watch, packed or not, or the whole archive that Strava or Garmin gave you
upload = Read the files
sending = is being sent
working = is being read
upload-lost = did not arrive; try again
upload-counts = files and runs
weather-title = The weather, if you know it
weather-why = Without it, heat, cold and wind are not assessed. It holds for all files of one drop.
weather-temperature = Temperature
weather-humidity = Humidity
weather-wind = Wind
demo-instead = No file at hand? Look around with made-up runs: nine weeks of training with a start too fast, a hot long run and a marathon.
demo-brings = They bring the profile of a made-up runner of 70 kg along, where you have told nothing yet, and can be taken away again.
made-up-here = There are made-up runs here: take them away
made-up-goes = { $count } made-up files go with their runs, answers and logs.
made-up-profile = These values of the profile are still those of the made-up runner, and go too: { $fields }.
made-up-remove = Take them away
made-up-removed = The made-up runs are gone.
demo-load = Load the made-up runs
latest-title = Latest runs
all-runs = All runs, with filters and charts
outcome-title = What became of the files
outcome = { $outcome ->
    [created] read
    [duplicate] already here
    [merged] joined with a run that is here
    [skipped] no activity
   *[rejected] could not be read
}
upload-running = The files are being read; { $count } are done so far.
look-again = Look again
upload-done = { $created } read{ $duplicates ->
    [0] { "" }
   *[other] , { $duplicates } already here
}{ $merged ->
    [0] { "" }
   *[other] , { $merged } joined with a run that is here
}{ $skipped ->
    [0] { "" }
   *[other] , { $skipped } no activity
}{ $rejected ->
    [0] { "" }
   *[other] , { $rejected } could not be read
}.
to-run = to the run
to-history = To the history
upload-more = Add more runs
more = Further on
runs-table = Runs, as a table
day = Day
run = Run
score = Points
level-head = Level
said = In one sentence
cramp-head = Cramp
lifting = { $code ->
    [heat] heat
    [hilly] hills
    [dry_windy] dry wind
   *[cold] cold
}
lifted-from = { $causes ->
    [none] lifted from { $level } by the conditions
   *[other] lifted from { $level } by { $causes }
}
level-note = The points alone make a run moderate from { $moderate } on, high from { $high } and very high from { $very_high }. Heat, hills, cold or dry wind can lift the level above that, so that of two runs the one with fewer points may have the higher level; where that is so, it is said beside the level.
level-note-more = The rules behind it

## History
any = any
filters-refused = { $count ->
    [one] The filter { $filters } was not understood and is left out.
   *[other] The filters { $filters } were not understood and are left out.
}
quoted = “{ $words }”
parameter-refused = Something in the address is no filter of this page and is left out.
cursor-refused = The place in the list was not understood; it begins with the newest run.
place-refused = The place in the list was not understood; it begins at the top.
history-left = The filters leave { $runs } of { $all ->
    [one] 1 run
   *[other] { $all } runs
}, { $distance } of { $whole }. { $answers ->
    [0] { "" }
   *[other] { $answers } of them answered, { $cramps } with a cramp.
}
history-unscored = What is listed here gets no score and counts in no sum.
weeks-are-wider = Like the chart of weeks, this table heeds days and sport alone, so that it tells the whole load.
history-totals = { $runs ->
    [0] No runs yet.
    [one] One run, { $distance }.
   *[other] { $runs } runs, { $distance }.
} { $answers ->
    [0] { "" }
   *[other] { $answers } answered, { $cramps } with a cramp.
}
from-day = From
to-day = Up to
sport-head = Sport
level-from = Level, at least
points-level-from = By points, at least
with-warning = With the warning
filter = Show
all-of-it = show all
no-runs-left = The filters leave no run.
no-runs = There are no such runs.
curve-title = Points over time, and distance a week
curve-label = Chart of points over time, with the distance of each week
curve-help = Each sign is a run. Its height is the points; its shape is the level, which heat, hills, cold or dry wind can lift above what the points say. Move along with the mouse or the arrow keys; Enter opens the run.
curve-cut = The chart shows the newest runs alone; the list below leads on to all of them.
points-unit = points
lifted-in-chart = { $level } by points, lifted by the conditions
week-distance = Distance a week ({ $unit })
cramp-reported = cramp reported
earlier-runs = Earlier runs
as-csv = The same for a spreadsheet (CSV)
weeks-earlier = Earlier weeks
weeks-without = { $count } weeks from here on without a run
weeks-title = Weeks
week-from = Week from
score-mean = Points, mean
score-max = Points, highest
cramps = Cramps
of-answers = { $cramps } of { $answers } answers

## Coach
coach-title = Who changed
coach-what = Athletes with new runs, the greatest rise of the forecast above what is usual for each first. The forecast is the points that a similar run to come would have: those of the run without what only shows afterwards, such as a slower second half. So a run can have more points than its forecast.
coach-since = Runs begun from
coach-since-seen = since I last looked
coach-none = Nothing new since you last looked.
yourself = You
athlete-of = Athlete { $id }
forecast-head = Forecast
change = forecast of { $score } at most in the new runs, { $usual } usually before
change-unknown = { $score ->
    [none] no score yet
   *[other] forecast of { $score } at most; too few runs before to say what is usual
}
seen = Seen
seen-now = Seen. New runs will bring this athlete back.
case-counts = { $runs ->
    [one] One new run
   *[other] { $runs } new runs
}{ $cramps ->
    [0] .
    [one] , one with a reported cramp.
   *[other] , { $cramps } with a reported cramp.
}
case-new = New warnings:
case-since = { $seen ->
    [yes] Arrived since you looked on { $day }.
   *[no] Begun since { $day }.
}
more-runs = { $count ->
    [one] One more run
   *[other] { $count } more runs
}
roster = All athletes
roster-empty = There is no athlete yet.
roster-add = { $command } on the computer of the service adds an athlete, and so does { $route }; keys for them are made under Settings.
runs-beyond = { $count } more are in the history
roster-more = There are more than are listed here; the API has all of them.

## Signing in
sign-in = Sign in
sign-in-why = Paste the key that you were given by whoever runs this service. It begins with "cw_".
sign-in-refused = { $because ->
    [mistyped] This is no key as they are given out here: part of it is missing or mistyped.
    [ingest] This key sends files and shows nothing. Sign in with another one.
   *[unknown] This key opens nothing here: it is unknown, or was revoked.
}
sign-in-kept = The key stays out of the browser; a cookie of this service alone takes its place until you sign out.
key = Key

## Settings
profile = Profile
profile-why = All of it is optional. What is not told is treated as unknown, never guessed; the weight makes amounts possible, the resting heart rate the minutes at high effort.
profile-kept = Kept. It holds for runs that are assessed from now on.
profile-earlier = Earlier ones can be worked out with it:
keep-profile = Keep the profile
name = Name
units = Units
unit-system = { $units ->
    [imperial] mi, lb, °F
   *[metric] km, kg, °C
}
timezone = Time zone
timezone-hint = Europe/Vienna
birth-year = Year of birth
mass = Weight
hr-rest = Resting heart rate
hr-max = Highest heart rate
sweat-rate = Measured sweat rate
cramp-history = Cramps so far
cramped = { $history ->
    [never] never
    [ever] some time ago
    [recent] lately
   *[unknown] not told
}
strength = Strength training
beginner = Beginner
hide-amounts = Show no amounts of fluid, sodium and carbohydrate
hide-amounts-why = Right for anybody under 18, pregnant, with a disease of kidney or heart, high blood pressure or diabetes, or who takes diuretics or anti-inflammatory drugs. Which of these applies is nobody's business and is not kept.
for-programs = For programs
for-programs-why = Events can be sent to an address of yours as they happen; keys let programs and other people in.
operator = Keys of this service
keys = Keys
keys-why = { $auth ->
    [local] Nobody needs a key now: the service answers this computer alone. Keys count once it runs with CRAMPWATCH_AUTH=keys.
   *[keys] Each key opens what its role may see. A revoked one opens nothing from that moment on, nor do the browsers that were signed in with it.
}
key-made = The new key:
key-once = It is shown this once. Copy it now.
key-begins = Begins with
key-role = Role
key-reach = Whose runs
key-used = Last used
key-state = State
key-athletes = { $count ->
    [one] one athlete
   *[other] { $count } athletes
}
key-everybody = everybody
key-revoked = revoked on { $day }
revoke = Revoke
never = never
key-new = A new key
key-for = What it is for
key-whose = Whose runs (choose none for everybody's)
key-make = Make the key
role = { $role ->
    [admin] admin: everything
    [coach] coach: the chosen athletes
    [athlete] athlete: the one chosen
   *[ingest] ingest: may only send files
}

## Earlier runs worked out again
reassess-title = Earlier runs
reassess-why = Runs keep the result they were given. They can be worked out again with the present profile and the present rules: you see first what would change, and decide then.
reassess = Work the earlier runs out again
reassessment = Earlier runs, worked out again
reassessment-state = { $state ->
    [queued] Begins in a moment
    [running] Being worked out
    [adopting] Being adopted
    [adopted] Adopted
   *[done] What would change
}
reassessment-progress = { $total ->
    [one] The run is being worked out. Nothing has changed yet.
   *[other] { $done } of { $total } runs are done. Nothing has changed yet.
}
reassessment-adopting = The new results take the place of those before.
reassessed = { $adopted ->
    [yes] The new results count since { $day }. { $total ->
        [one] { $changed ->
            [0] The run was to come to the same as before.
           *[other] The run was to come to something else.
        }
       *[other] { $changed ->
            [0] None of { $total } runs was to come to something else.
            [one] One of { $total } runs was to come to something else.
           *[other] { $changed } of { $total } runs were to come to something else.
        }
    } A run that was worked out anew in between keeps what it came to then.
   *[no] { $total ->
        [0] There is no run to work out again.
        [one] { $changed ->
            [0] Nothing would change: the run comes to the same as before.
           *[other] The run would come to something else.
        }
       *[other] { $changed ->
            [0] Nothing would change: all { $total } runs come to the same as before.
            [one] One of { $total } runs would come to something else.
           *[other] { $changed } of { $total } runs would come to something else.
        }
    }
}
reassessed-levels = Level: { $up } higher, { $down } lower
reassessed-warnings = { $what ->
    [added] New warnings:
    [removed] Warnings that go:
   *[changed] Warnings that say something else:
}
reassessed-title = Run by run
reassessed-before = Before
reassessed-after = After
reassessed-warnings-head = Warnings
reassessed-more = { $count ->
    [one] And one more run.
   *[other] And { $count } more runs.
}
reassessment-adopt = Adopt the new results
reassessment-leave = Leave it as it is
reassessment-leave-why = The results before are kept with each run. Left as it is, nothing changes.

## Connections
connections = Sync services
connections-none = No sync service is set up here; whoever runs the service can do so.
connection-state = { $state ->
    [active] connected
   *[other] { $because ->
        [permission_withdrawn] connected, but sends no activities
       *[other] not connected any more
    }
}
connection-broken = { $because ->
    [permission_withdrawn] { $day ->
        [none] { $service } says that it may send us no activities any more.
       *[other] On { $day } { $service } said that it may send us no activities any more.
    }
   *[other] { $day ->
        [none] { $service } refuses us: the consent was taken back there, or has run out.
       *[other] On { $day } { $service } refused us: the consent was taken back there, or has run out.
    }
} No runs come from there. Those that are here stay.
connection-mend = { $by ->
    [consent] { $because ->
        [permission_withdrawn] Allow activities in your account at { $service }, or connect again; then what was missed is fetched.
       *[other] Connect again, and what was missed is fetched.
    }
    [operator] Whoever runs this service can connect it again.
   *[nobody] The athlete can connect it again.
}
connected-on = { $state ->
    [active] since { $day }
   *[other] connected on { $day }
}
last-run-on = last run on { $day }
connect = Connect
connect-again = Connect again
disconnect = Disconnect
connects-by-athlete = can be connected by the athlete
connects-by-operator = is connected by whoever runs the service
connect-title = Connect { $service }
connect-how = { $service } will ask whether your activities may be sent here, and then send you back. This link works for fifteen minutes.
connect-go = Go to { $service }
connect-back = Back to the settings
connected-title = { $service } is connected
connected-what = Runs arrive by themselves from now on, and those of the past are being fetched.
connected-to-runs = To the runs
connected-close = You may also close this page.

## Webhooks
webhooks = Webhooks
webhooks-why = Addresses that are told of new and changed runs, of cramp reports and of imports, each message signed with a secret of the address.
secret-made = The secret:
endpoint-state = { $enabled ->
    [yes] Events are sent here.
   *[no] { $because ->
        [paused] Paused.
        [failing] Stopped, as it failed for days.
        [gone] Stopped, as it answered that it is gone.
       *[other] Stopped.
    }
}
failing-since = Failing since { $day }.
endpoint-hears = It hears of { $who ->
    [all] everybody you may see
   *[some] some athletes
}: { $everything ->
    [yes] every event
   *[no] { $events }
}.
endpoint-test = Send one to try
endpoint-switch = { $enabled ->
    [yes] Pause
   *[no] Go on
}
endpoint-rotate = New secret
endpoint-remove = Remove
endpoint-new = A new address
endpoint-url = Address, beginning with https://
endpoint-events = Which events (choose none for all of them)
event-about = { $type ->
    [activity_assessed] a new run has its result
    [activity_updated] what is known of a run has changed
    [activity_deleted] a run is gone
    [activity_merged] two records became one run
    [activity_reassessed] a run was worked out again
    [cramp_report_created] somebody answered whether there was a cramp
    [upload_done] all files of an upload are through
    [upload_rejected] nothing of an upload could be read
    [import_done] an import is through
    [connection_broken] an account at a sync service cannot be used any more
    [athlete_erased] an athlete was erased
   *[other] { "" }
}
webhooks-local = To try it on this computer or your own network, name its origin in { $setting }.
endpoint-add = Have events sent there
deliveries = Deliveries
delivery-log = What was sent, the newest first
deliveries-none = Nothing has been sent there yet.
delivery-at = When
delivery-type = Event
delivery-attempts = Attempts
delivery-answer = Answer
delivery-problem = Problem
delivery-why = { $code ->
    [sync_provider_down] nobody answered there
    [delivery_refused] the address refused it
   *[other] { $code }
}
delivery-again = Once more
delivery-retry = Send again
delivery-state = { $state ->
    [pending] waiting
    [delivered] delivered
   *[dead] given up
}
took = { $ms } ms
