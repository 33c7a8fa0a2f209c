// SPDX-License-Identifier: Apache-2.0
// Sounds made by WebAudio from a few figures each, no files. Silent until the first gesture, as
// browsers ask for; muted and scaled by the settings. Knows nothing of the game.

type Group = 'ship' | 'fight' | 'interface';

export type Tone =
  | 'shot'
  | 'shieldHit'
  | 'hullHit'
  | 'shieldDown'
  | 'lowHull'
  | 'explosion'
  | 'attacked'
  | 'loot'
  | 'dock'
  | 'undock'
  | 'zone'
  | 'done'
  | 'refused'
  | 'chat'
  | 'lost'
  | 'back'
  | 'death';

interface Recipe {
  group: Group;
  wave: OscillatorType | 'noise';
  /** Hz at the begin and at the end; of noise: where it is cut off. */
  from: number;
  to: number;
  ms: number;
  gain: number;
  times?: number;
  gapMs?: number;
}

const VOLUME: Record<Group, number> = { ship: 0.7, fight: 0.7, interface: 0.6 };

const RECIPES: Record<Tone, Recipe> = {
  shot: { group: 'fight', wave: 'square', from: 880, to: 220, ms: 90, gain: 0.1 },
  shieldHit: { group: 'fight', wave: 'sine', from: 620, to: 480, ms: 140, gain: 0.25 },
  hullHit: { group: 'fight', wave: 'noise', from: 900, to: 200, ms: 160, gain: 0.5 },
  shieldDown: { group: 'ship', wave: 'sawtooth', from: 520, to: 90, ms: 420, gain: 0.22 },
  lowHull: {
    group: 'ship', wave: 'square', from: 330, to: 330, ms: 120, gain: 0.14, times: 2, gapMs: 200,
  },
  explosion: { group: 'fight', wave: 'noise', from: 1400, to: 60, ms: 900, gain: 0.9 },
  attacked: {
    group: 'ship', wave: 'triangle', from: 740, to: 740, ms: 90, gain: 0.25, times: 3, gapMs: 130,
  },
  loot: { group: 'interface', wave: 'triangle', from: 520, to: 1040, ms: 160, gain: 0.3 },
  dock: { group: 'ship', wave: 'noise', from: 300, to: 120, ms: 380, gain: 0.6 },
  undock: { group: 'ship', wave: 'noise', from: 120, to: 500, ms: 420, gain: 0.5 },
  zone: { group: 'interface', wave: 'sine', from: 392, to: 523, ms: 320, gain: 0.2 },
  done: { group: 'interface', wave: 'sine', from: 660, to: 880, ms: 140, gain: 0.22 },
  refused: {
    group: 'interface', wave: 'square', from: 160, to: 150, ms: 60, gain: 0.16, times: 2, gapMs: 90,
  },
  chat: { group: 'interface', wave: 'sine', from: 990, to: 990, ms: 70, gain: 0.12 },
  lost: { group: 'interface', wave: 'sine', from: 440, to: 220, ms: 420, gain: 0.22 },
  back: { group: 'interface', wave: 'sine', from: 330, to: 660, ms: 320, gain: 0.22 },
  death: { group: 'fight', wave: 'noise', from: 2400, to: 40, ms: 1800, gain: 1 },
};

/** Sounds that begin at once are dropped beyond this. */
const VOICES = 24;
const ENGINE_HZ = { thrust: 180, boost: 420 };

export class Sound {
  private audio: AudioContext | null = null;
  private master: GainNode | null = null;
  private noise: AudioBuffer | null = null;
  private engine: { gain: GainNode; filter: BiquadFilterNode } | null = null;
  private voices = 0;
  private volume = 1;

  constructor() {
    const begin = (): void => {
      for (const kind of ['pointerdown', 'keydown']) window.removeEventListener(kind, begin, true);
      this.open();
    };
    for (const kind of ['pointerdown', 'keydown']) window.addEventListener(kind, begin, true);
  }

  /** 0 = muted, 1 = as designed. */
  setVolume(volume: number): void {
    this.volume = volume;
    if (this.audio) this.master?.gain.setTargetAtTime(volume, this.audio.currentTime, 0.02);
  }

  private open(): void {
    if (this.audio || typeof AudioContext === 'undefined') return;
    const audio = (this.audio = new AudioContext());
    this.master = audio.createGain();
    this.master.gain.value = this.volume;
    this.master.connect(audio.destination);
    this.noise = audio.createBuffer(1, audio.sampleRate, audio.sampleRate);
    const samples = this.noise.getChannelData(0);
    for (let i = 0; i < samples.length; i++) samples[i] = Math.random() * 2 - 1;
    this.startEngine(audio);
  }

  /** Noise that is always there and nearly never heard: thrust turns it up. */
  private startEngine(audio: AudioContext): void {
    const source = audio.createBufferSource();
    source.buffer = this.noise;
    source.loop = true;
    const filter = audio.createBiquadFilter();
    filter.type = 'lowpass';
    filter.frequency.value = ENGINE_HZ.thrust;
    const gain = audio.createGain();
    gain.gain.value = 0;
    source.connect(filter).connect(gain).connect(this.master!);
    source.start();
    this.engine = { gain, filter };
  }

  thrust(on: boolean, boost: boolean): void {
    if (!this.audio || !this.engine) return;
    const now = this.audio.currentTime;
    const loud = on ? (boost ? 0.3 : 0.16) * VOLUME.ship : 0;
    this.engine.gain.gain.setTargetAtTime(loud, now, 0.08);
    const hz = boost ? ENGINE_HZ.boost : ENGINE_HZ.thrust;
    this.engine.filter.frequency.setTargetAtTime(hz, now, 0.1);
  }

  /** `pan` -1 left to 1 right; `far` 0 here to 1 hardly heard. */
  play(tone: Tone, pan = 0, far = 0): void {
    const { audio } = this;
    if (!audio || this.volume === 0 || far >= 1 || audio.state !== 'running') return;
    const recipe = RECIPES[tone];
    for (let i = 0; i < (recipe.times ?? 1); i++)
      this.voice(audio, recipe, pan, far, audio.currentTime + (i * (recipe.gapMs ?? 0)) / 1000);
  }

  private voice(audio: AudioContext, r: Recipe, pan: number, far: number, at: number): void {
    if (this.voices >= VOICES) return;
    const end = at + r.ms / 1000;
    const gain = audio.createGain();
    gain.gain.setValueAtTime(r.gain * VOLUME[r.group] * (1 - far), at);
    gain.gain.exponentialRampToValueAtTime(0.001, end);
    const side = audio.createStereoPanner();
    side.pan.value = Math.max(-1, Math.min(1, pan));
    gain.connect(side).connect(this.master!);
    const source = r.wave === 'noise' ? this.hiss(audio, r, gain, at) : this.wave(audio, r, at);
    if (r.wave !== 'noise') source.connect(gain);
    this.voices++;
    source.onended = () => {
      this.voices--;
      side.disconnect();
    };
    source.start(at);
    source.stop(end);
  }

  private wave(audio: AudioContext, r: Recipe, at: number): OscillatorNode {
    const source = audio.createOscillator();
    source.type = r.wave as OscillatorType;
    source.frequency.setValueAtTime(r.from, at);
    source.frequency.exponentialRampToValueAtTime(r.to, at + r.ms / 1000);
    return source;
  }

  private hiss(audio: AudioContext, r: Recipe, to: AudioNode, at: number): AudioBufferSourceNode {
    const source = audio.createBufferSource();
    source.buffer = this.noise;
    source.loop = true;
    const filter = audio.createBiquadFilter();
    filter.type = 'lowpass';
    filter.frequency.setValueAtTime(r.from, at);
    filter.frequency.exponentialRampToValueAtTime(r.to, at + r.ms / 1000);
    source.connect(filter).connect(to);
    return source;
  }
}
