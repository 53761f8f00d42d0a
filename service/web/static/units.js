// Figures as a runner reads them, in the units of the page; the same words as the server writes.

const MILE_M = 1609.344;
const FOOT_M = 0.3048;

export class Units {
  constructor(name) {
    const signs = document.body.dataset;
    this.imperial = name === "imperial";
    this.longM = this.imperial ? MILE_M : 1000;
    this.long = this.imperial ? signs.unitMi : signs.unitKm;
    this.heightM = this.imperial ? FOOT_M : 1;
    this.short = this.imperial ? signs.unitFt : signs.unitM;
    this.fast = this.imperial ? signs.unitMph : signs.unitKmh;
    this.beats = signs.unitBpm;
    this.minutes = signs.unitMin;
  }

  clock(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const rest = String(whole % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  }

  pace(mps) {
    return mps > 0.3 ? `${this.clock(this.longM / mps)} /${this.long}` : "–";
  }

  speed(mps) {
    return `${((mps * 3600) / this.longM).toFixed(1)} ${this.fast}`;
  }

  height(metres) {
    return `${Math.round(metres / this.heightM)} ${this.short}`;
  }

  place(metres) {
    return `${this.long} ${(metres / this.longM).toFixed(2)}`;
  }
}
