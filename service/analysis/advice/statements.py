"""The catalogue of the source article's statements, each with the evidence there is for it as a claim about cramps.

Rules, reminders and panels name the statements they carry out (`article_refs`); the wording here is our own. Grades: A
several independent studies agree; B one or more large or controlled ones; C indirect findings or guidelines; D coaching
experience without support, or contradicted. None: a remark that claims nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Statement(NamedTuple):
    """One statement: what it is about, its evidence grade (None: it claims nothing), and what it says."""

    topic: str
    grade: str | None
    text: str


STATEMENTS: Mapping[str, Statement] = MappingProxyType(
    {
        "A01": Statement(
            "causes", "C", "Lost fluid, shifted minerals and tired muscle are named as the causes of cramps."
        ),
        "A02": Statement(
            "electrolytes", "C", "Sweat takes sodium, potassium and magnesium along, which are to be made up."
        ),
        "A03": Statement("hydration", "D", "A small lack of fluid is said to make muscle touchy on long or hot runs."),
        "A04": Statement("fatigue", "B", "Calves and hamstrings cramp mostly late in a hard run."),
        "A05": Statement("pacing", "B", "Starting too fast spends strength early; beginners do it most."),
        "A06": Statement("meaning", None, "A cramp is feedback on drinking, eating and rest, no punishment."),
        "A07": Statement("review", None, "Look at pacing, drinking and rest every week and adjust the training."),
        "A08": Statement("hydration", "C", "Make up minerals as well as water."),
        "A09": Statement(
            "electrolytes", "C", "In the heat, a rehydration drink did better than plain water in a small trial."
        ),
        "A10": Statement("over-drinking", "A", "Much water without minerals thins the blood's sodium."),
        "A11": Statement("hydration", "C", "Sip before, during and after; how much depends on how much you sweat."),
        "A12": Statement("sodium", "C", "Sodium is the main mineral in sweat; drinks, gels and salted snacks hold it."),
        "A13": Statement("potassium", "D", "Bananas, oranges and potatoes hold potassium."),
        "A14": Statement("magnesium", "D", "Leafy greens and almonds hold magnesium."),
        "A15": Statement("hydration", "C", "Have both water and a sports drink."),
        "A16": Statement("hydration", "C", "On runs of more than an hour, sip at regular intervals."),
        "A17": Statement("heat", "C", "Have a little more of the minerals when it is hot or humid."),
        "A18": Statement("log", "D", "Keeping a log of sodium showed one athlete a pattern within weeks."),
        "A19": Statement("warm-up", "D", "Muscles that start cold and tight are said to cramp sooner."),
        "A20": Statement(
            "warm-up", "C", "Before a run, move through stretches for a few minutes rather than hold them."
        ),
        "A21": Statement("warm-up", "C", "Swing the legs, forwards and sideways."),
        "A22": Statement("warm-up", "C", "Lift the knees high."),
        "A23": Statement("warm-up", "C", "Kick the heels up behind."),
        "A24": Statement("warm-up", "C", "Step into lunges with a turn of the trunk."),
        "A25": Statement(
            "cool-down", "C", "Jog easily at the end, then hold stretches for calves, thighs and hamstrings."
        ),
        "A26": Statement("warm-up", "D", "Five more minutes of warm-up ended one runner's cramps in races."),
        "A27": Statement("warm-up", None, "Warming up and easing out are part of the training."),
        "A28": Statement("fuel", "B", "Muscles without carbohydrate tire."),
        "A29": Statement(
            "fuel", "C", "Left-out meals and little carbohydrate are linked with calf cramps and stitches."
        ),
        "A30": Statement("fuel", "C", "Eat a balanced, normally salted meal two to three hours before."),
        "A31": Statement("fuel", "B", "On long runs, take carbohydrate at regular intervals."),
        "A32": Statement("fuel", "C", "Eat carbohydrate with protein soon after."),
        "A33": Statement("potassium", "D", "Have food rich in potassium after the run."),
        "A34": Statement("sodium", "C", "Runners tend to underrate sodium on long and hot runs."),
        "A35": Statement("fuel", "B", "Drinking well does not make up for eating too little."),
        "A36": Statement("fuel", "C", "Running on an empty stomach may bear on energy and cramps."),
        "A37": Statement("fuel", "C", "Learn when and how gels work for you."),
        "A38": Statement(
            "plan", None, "A race plan of sixteen to twenty weeks leaves room for fuelling, rest and taper."
        ),
        "A39": Statement("training", "B", "Steady training hardens muscle."),
        "A40": Statement("progression", "C", "Distance or intensity that rises too quickly invites cramps."),
        "A41": Statement("progression", "D", "Let the week grow by a tenth at most."),
        "A42": Statement("strength", "C", "Squats, lunges and calf raises make legs that last."),
        "A43": Statement("mix", "C", "Mix easy runs with tempo or hills."),
        "A44": Statement("rest", "C", "Take rest days; without them tired muscle cramps."),
        "A45": Statement(
            "strength", "D", "Tempo runs and light strength work, twice a week for a month, helped one runner."
        ),
        "A46": Statement("fatigue", "C", "Performance that falls in spite of training is a reason to look at fatigue."),
        "A46b": Statement("training", None, "Give muscles time; stay steady and balanced."),
        "A47": Statement("rest", "C", "Repair needs time."),
        "A48": Statement("sleep", "C", "Sleep seven to nine hours."),
        "A49": Statement("hydration", "C", "Spread what you drink over the day."),
        "A50": Statement("cool-down", "C", "Hold stretches and use a foam roller after the run."),
        "A51": Statement("fuel", "C", "After each session: carbohydrate, lean protein, fruit and leafy greens."),
        "A52": Statement("rest", "C", "Soreness, tiredness or cramps that stay ask for less intensity and more rest."),
        "A53": Statement("rest", "C", "Steady recovery makes cramps rare; they can come after a run, too."),
        "A54": Statement("heat", "A", "Heat and humidity make you sweat more."),
        "A55": Statement("heat", "B", "In the heat, adjust pace, drinking and clothes."),
        "A56": Statement("conditions", "C", "Hot and humid is the hardest condition: slow down."),
        "A57": Statement("conditions", "D", "Dry and windy is a moderate one: drink beforehand."),
        "A58": Statement("conditions", "D", "Cold is a low to moderate one: warm up longer and wear layers."),
        "A59": Statement(
            "conditions", "C", "Hills and trails are a moderate to high one: practise climbs and descents."
        ),
        "A60": Statement("heat", "B", "Slow down slightly in the heat."),
        "A61": Statement("cold", "C", "Warm up properly in the cold."),
        "A62": Statement("trail", "C", "Trails ask for stronger calves and hamstrings."),
        "A63": Statement("plan", None, "Let weeks grow gradually, by a plan that can bend."),
        "A64": Statement("warm-up", "C", "Five to ten minutes of moving stretches before the run."),
        "A65": Statement("hydration", "C", "A glass or two before the run."),
        "A66": Statement("hydration", "C", "On runs of more than an hour, sips at short intervals."),
        "A67": Statement("electrolytes", "C", "Something with minerals on hot days."),
        "A68": Statement("cool-down", "C", "An easy jog and held stretches after the run."),
        "A69": Statement("fuel", "C", "A drink and a snack of carbohydrate and protein after the run."),
        "A70": Statement("strength", "C", "One strength and one flexibility session every week."),
        "A71": Statement("review", "C", "Look back once a month; where cramps stay, have the minerals reviewed."),
        "A72": Statement("habit", None, "Small steady habits: carry a drink on long runs."),
        "A73": Statement("summary", None, "Drink, eat, recover."),
        "A74": Statement(
            "pattern", None, "A runner who cramped at the same distance again and again now runs marathons."
        ),
    }
)
