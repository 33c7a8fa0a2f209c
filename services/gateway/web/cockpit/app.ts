// SPDX-License-Identifier: Apache-2.0
// The cockpit: decides which screen is shown for the state of the session, draws pictures, and
// passes wishes on. Owns all screens; each of them knows only the game.

import { create } from '@bufbuild/protobuf';
import type { Destroyed, PrivateEvent } from '@gen/client_pb';
import { UndockRequestSchema } from '@gen/trade_pb';
import { ActionResult, GoneReason, Phase } from '@gen/types_pb';
import type { WorldConfig } from '../kernel/config';
import type { Kernel } from '../kernel/kernel';
import type { Auth, CredentialStore, Credentials, Profile, SignIn } from '../sdk/auth';
import { Session } from '../sdk/session';
import type { CloseReason } from '../sdk/socket';
import { outerBanner, type Lost } from './banner';
import { Bindings, type Command } from './bindings';
import { Chat } from './chat';
import { persist, sayAuth, sayRefused, signInDialog, tell, Dialog } from './dialogs';
import { Docked } from './docked';
import { h, setVar, toggle } from './dom';
import { chatDrawer, menuDrawer } from './drawer';
import { DeathDialog, tellPrivate, tellPublic } from './events';
import { FlightView } from './flightview';
import { Game } from './game';
import { Hints } from './hints';
import { Hud } from './hud';
import type { IconName } from './icons';
import { Landing } from './landing';
import { MapScreen } from './mapscreen';
import { Market } from './market';
import { PilotCard } from './pilotcard';
import { Settings } from './settings';
import { Sound } from './sound';
import { Soundscape } from './soundscape';
import { Summary } from './summary';
import { say } from './text';
import { Toasts, type ToastTone } from './toasts';
import { ZoneWatch } from './zonewatch';

const BACK_MS = 2000;
const CLAIM_MS = 5000;
/** The flight goes on at this pace even where pictures come slowly. */
const STEP_MS = 33;

export interface Parts {
  auth: Auth;
  store: CredentialStore;
  kernel: Kernel;
  config: WorldConfig | null;
}

/** What exists while somebody is signed in. */
interface Cockpit {
  session: Session;
  game: Game;
  market: Market;
  hud: Hud;
  docked: Docked;
  map: MapScreen;
  hints: Hints;
  death: DeathDialog;
  sounds: Soundscape;
  zones: ZoneWatch;
  chat: Chat;
}

export class App {
  private readonly settings = new Settings(window.localStorage);
  private readonly bindings = new Bindings(this.settings.all.keys);
  private readonly sound = new Sound();
  private readonly view = new FlightView(
    this.bindings,
    (c) => this.command(c),
    () => this.cockpit?.game ?? null,
  );
  private readonly landing: Landing;
  private readonly toasts = new Toasts();
  private readonly summary = new Summary();
  private cockpit: Cockpit | null = null;
  private profile: Profile | null = null;
  private drawer: HTMLElement | null = null;
  private mapOpen = false;
  private parked: Dialog | null = null;
  private lost: Lost | null = null;
  private backUntil = 0;
  private closed = false;
  private told: Dialog | null = null;
  private claiming = false;
  private lastNow = 0;
  private busy = false;
  private undocking = false;
  private docking = false;

  constructor(private readonly parts: Parts) {
    this.landing = new Landing({
      play: () => void this.playNow(),
      signIn: () => this.openSignIn('login'),
      look: () => this.parts.auth.world(),
    });
    this.settings.events.on('change', () => this.applySettings());
  }

  async start(): Promise<void> {
    document.body.append(
      this.view.stage,
      this.toasts.element,
      h('div', { class: 'layer hud' }, this.summary.element),
    );
    await this.view.start();
    window.addEventListener('resize', () => this.resize());
    window.addEventListener('keydown', (e) => {
      if (this.onDockedScreen()) this.cockpit!.docked.key(e);
    });
    this.resize();
    this.applySettings();
    if (this.parts.config) this.landing.configure(this.parts.config);
    requestAnimationFrame((now) => this.picture(now));
    window.setInterval(() => this.step(), STEP_MS);
  }

  private applySettings(): void {
    setVar(document.body, '--hud', String(this.settings.all.hudScale));
    toggle(document.body, 'calm', this.settings.calm);
    this.view.apply(this.settings);
    this.sound.setVolume(this.settings.all.volume);
  }

  private resize(): void {
    this.view.resize();
    this.landing.resize();
    this.cockpit?.map.resize();
  }

  showLanding(words = ''): void {
    this.landing.busy(false);
    this.landing.refuse(words);
    document.body.append(this.landing.element);
  }

  private async playNow(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.landing.busy(true);
    this.landing.refuse('');
    try {
      const guest = await persist(
        () => this.parts.auth.guest(),
        (words) => this.landing.refuse(words),
        () => this.landing.element.isConnected,
      );
      this.enter(guest);
    } catch (error) {
      this.landing.refuse(sayAuth(error));
    }
    this.busy = false;
    this.landing.busy(false);
  }

  private openSignIn(kind: 'login' | 'register'): void {
    signInDialog(
      this.parts.auth,
      kind,
      '',
      (s) => this.enter(s),
      () => void this.playNow(),
    ).open();
  }

  private claim(): void {
    const { cockpit } = this;
    if (!cockpit) return;
    signInDialog(
      this.parts.auth,
      'claim',
      cockpit.session.ticket,
      (s) => {
        this.toasts.say(say('claimed'), 'gain');
        this.leave();
        this.enter(s);
      },
      null,
    ).open();
  }

  private enter(signIn: SignIn): void {
    this.parts.store.save(signIn.credentials);
    this.profile = signIn.profile;
    this.resume(signIn.credentials);
  }

  /** Connects with a ticket that is there already. */
  resume(credentials: Credentials): void {
    this.leave();
    const { auth, store, kernel } = this.parts;
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/ws`;
    const session = new Session({ auth, store, credentials, kernel, url });
    this.cockpit = this.build(session);
    this.listen(this.cockpit);
    session.start();
    if (!this.profile)
      auth
        .me(credentials.ticket)
        .then((p) => (this.profile = p))
        .catch(() => undefined);
  }

  private leave(): void {
    const { cockpit } = this;
    if (!cockpit) return;
    cockpit.session.stop();
    cockpit.hud.element.remove();
    cockpit.docked.element.remove();
    cockpit.death.close();
    this.closeTop();
    this.parked?.close();
    this.parked = null;
    this.told?.close();
    this.told = null;
    this.claiming = false;
    this.lost = null;
    this.closed = false;
    this.cockpit = null;
  }

  private signOut(): void {
    const ticket = this.cockpit?.session.ticket ?? '';
    this.leave();
    this.parts.store.clear();
    this.profile = null;
    if (ticket) this.parts.auth.logout(ticket).catch(() => undefined);
    this.showLanding();
  }

  private build(session: Session): Cockpit {
    const game = new Game(session, this.parts.kernel);
    const market = new Market(game);
    game.showPilot = (player) => this.openDrawer('pilot', player);
    const hud = new Hud(
      game,
      this.bindings,
      {
        map: () => this.toggleMap(),
        pilot: () => this.openDrawer('pilot'),
        menu: () => this.openDrawer('menu'),
        dock: () => void this.dock(),
      },
      this.view.touchPads(),
    );
    const docked = new Docked(game, market, this.parts.auth, {
      undock: () => void this.undock(),
      menu: () => this.openDrawer('menu'),
      chat: () => this.openDrawer('chat'),
    });
    docked.ticket.onSold = () => {
      hints.sold = true;
    };
    const map = new MapScreen(game, market, () => this.toggleMap());
    const hints = new Hints(game, market, this.settings, this.bindings, hud.hint);
    const death = new DeathDialog(game, this.view.box, () => void this.undockWreck());
    const zones = new ZoneWatch(session);
    const sounds = new Soundscape(this.sound, session, game, zones);
    const heard = (): void => this.sound.play('chat');
    const chat = new Chat(session, game, zones, heard, (words) => this.toasts.say(words));
    hud.element.append(chat.element);
    return { session, game, market, hud, docked, map, hints, death, sounds, zones, chat };
  }

  private listen(cockpit: Cockpit): void {
    const { session, game, market, hud } = cockpit;
    const teller = {
      news: (name: IconName, words: string, tone: '' | 'gain' | 'loss' | 'mute' = '') =>
        hud.news(name, words, tone),
      toast: (words: string, tone: ToastTone = '') => this.toasts.say(words, tone),
    };
    session.events.on('welcome', (welcome) => {
      game.configure(session.config!);
      this.view.scene.configure(game);
      this.view.overlay.configure(game);
      cockpit.hints.start(String(welcome.player));
      this.landing.element.remove();
      market.stale();
      session.world!.events.on('impact', (hit) => this.view.scene.impact(hit, game, session.now()));
      session.world!.events.on('volley', (v) =>
        this.view.scene.muzzle(v.x, v.y, game.relationOf(v.ship), session.now()),
      );
      session.world!.events.on('gone', ({ entity, reason, x, y }) => {
        if (reason === GoneReason.DESTROYED)
          this.view.scene.explode(x, y, this.parts.kernel.radius(entity.classId), session.now());
        if (game.target === entity.id) game.target = 0;
      });
    });
    session.events.on('phase', ({ phase, before }) => this.onPhase(phase, before));
    session.events.on('lost', ({ reason, tries }) => (this.lost = { reason, tries }));
    session.events.on('back', ({ awayMs }) => {
      this.lost = null;
      this.backUntil = performance.now() + BACK_MS;
      if (awayMs > 5000 && game.phase === Phase.FLYING)
        this.toasts.say(say('drifted', { s: Math.round(awayMs / 1000) }));
    });
    session.events.on('ended', ({ reason, words }) => this.onEnded(reason, words));
    session.events.on('status', ({ tradeClosed }) => {
      if (this.closed && !tradeClosed) this.toasts.say(say('tradeOpen'), 'gain');
      this.closed = tradeClosed;
    });
    session.events.on('private', (e) => this.onPrivate(cockpit, e, teller));
    session.events.on('public', (e) => {
      const words = tellPublic(e, game, teller);
      if (words) cockpit.docked.addNews(words);
    });
    market.events.on('silent', (silent) => {
      if (!silent) this.toasts.say(say('tradeOpen'), 'gain');
    });
    cockpit.zones.events.on('zone', ({ zone, risk, before }) => {
      if (before >= 0 && risk > before && risk >= 2) this.warnOfZone(game, zone, risk);
    });
  }

  private onPrivate(
    cockpit: Cockpit,
    e: PrivateEvent,
    teller: Parameters<typeof tellPrivate>[2],
  ): void {
    tellPrivate(e, cockpit.game, teller);
    switch (e.event.case) {
      case 'kill':
        cockpit.hints.killed = true;
        break;
      case 'pickedUp':
        cockpit.hints.looted = true;
        cockpit.market.stale();
        break;
      case 'booked':
        cockpit.death.book(e.event.value.kind, Number(e.event.value.credits));
        cockpit.market.stale();
        break;
      case 'destroyed':
        this.onDestroyed(e.event.value);
        break;
      default:
        break;
    }
  }

  private onDestroyed(d: Destroyed): void {
    const { cockpit } = this;
    if (!cockpit) return;
    const covered = cockpit.market.covered();
    cockpit.market.shipLost();
    const at = cockpit.game.place();
    this.view.scene.explode(
      at.x,
      at.y,
      this.parts.kernel.radius(cockpit.game.own?.state?.classId ?? 0),
      performance.now(),
    );
    window.setTimeout(() => {
      if (this.cockpit === cockpit && cockpit.game.phase !== Phase.FLYING)
        cockpit.death.open(d, covered);
    }, 1200);
  }

  private onPhase(phase: Phase, before: Phase): void {
    const { cockpit } = this;
    if (!cockpit) return;
    const { hud, docked, death, game } = cockpit;
    const atStation = phase === Phase.DOCKED;
    if (phase !== Phase.DEAD && phase !== Phase.DOCKED) death.close();
    if (atStation) {
      hud.element.remove();
      this.undocking = false;
      docked.undocking(false);
      docked.arrive(game.own?.state?.location ?? 0);
      if (!death.isOpen) document.body.append(docked.element);
      if (game.route === game.own?.state?.location) game.route = 0;
    } else {
      docked.element.remove();
      document.body.append(hud.element);
    }
    toggle(this.view.stage, 'gone', atStation && !death.isOpen);
    if (phase === Phase.DEAD && before === Phase.UNSPECIFIED) death.open(null);
    this.parked?.close();
    this.parked = null;
    if (phase === Phase.PARKED)
      this.parked = tell(
        say('parkedTitle'),
        say('parked'),
        say('flyOn'),
        () => void this.undock(),
      ).open();
    if (phase === Phase.FLYING) this.undocking = false;
    cockpit.market.stale();
  }

  private onEnded(reason: CloseReason | 'signed-out', words: string): void {
    const { cockpit } = this;
    const credentials = this.parts.store.load();
    this.lost = null;
    if (reason === 'fenced' && this.claiming) {
      // By the claim itself, whose answer is still on its way.
      this.claiming = false;
      window.setTimeout(() => {
        if (this.cockpit === cockpit) this.onEnded(reason, words);
      }, CLAIM_MS);
    } else if (reason === 'fenced') {
      const here = (): void => void this.flyHere(credentials);
      const close = (): void => {
        this.leave();
        this.showLanding();
      };
      const [title, words] = [say('fencedTitle'), say('fenced')];
      this.told = tell(title, words, say('flyHere'), here, say('close'), close).open();
    } else if (reason === 'bad-hello') {
      const reload = (): void => location.reload();
      this.told = tell(say('newVersionTitle'), say('newVersion'), say('reload'), reload).open();
    } else if (reason === 'kicked') {
      const said = say('kicked', { reason: words });
      const again = (): void => this.signOut();
      this.told = tell(say('kickedTitle'), said, say('signInAgain'), again).open();
    } else {
      this.leave();
      this.parts.store.clear();
      this.showLanding(say('auth_expired'));
    }
  }

  /** A newer sign-in exists: make one here that is newer still, or ask for the password. */
  private async flyHere(credentials: Credentials | null): Promise<void> {
    try {
      if (!credentials) throw new Error('signed out');
      this.enter(await this.parts.auth.refresh(credentials.refreshSecret));
    } catch {
      this.leave();
      this.showLanding(say('auth_expired'));
      this.openSignIn('login');
    }
  }

  /** Into more danger than before. */
  private warnOfZone(game: Game, zone: number, risk: number): void {
    const name = game.zone(zone)?.name ?? '';
    const words = say('zoneAhead', { risk: say(`risk${risk}` as 'risk0'), name });
    if (game.phase === Phase.FLYING) this.toasts.say(words, 'bad');
  }

  private async undock(): Promise<void> {
    const { cockpit } = this;
    if (!cockpit || this.undocking) return;
    this.undocking = true;
    cockpit.docked.undocking(true);
    let words = '';
    try {
      const body = await cockpit.session.ask({
        case: 'undock',
        value: create(UndockRequestSchema, {}),
      });
      if (body.case === 'undock' && body.value.result !== ActionResult.OK)
        words = say('undockFailed');
    } catch (error) {
      words = sayRefused(error);
    }
    if (!words) return;
    this.undocking = false;
    cockpit.docked.undocking(false);
    this.toasts.say(words, 'bad');
    if (cockpit.game.phase === Phase.PARKED) this.onPhase(Phase.PARKED, Phase.PARKED);
  }

  /** After the wreck: the new hull waits at the station. */
  private async undockWreck(): Promise<void> {
    const { cockpit } = this;
    if (!cockpit) return;
    if (cockpit.game.phase === Phase.DEAD) {
      this.toasts.say(say('deadSilent'), 'bad');
      return;
    }
    cockpit.death.close();
    this.onPhase(cockpit.game.phase, Phase.DEAD);
  }

  private async dock(): Promise<void> {
    const { cockpit } = this;
    if (!cockpit || cockpit.game.phase !== Phase.FLYING || this.docking) return;
    this.docking = true;
    window.setTimeout(() => (this.docking = false), 1000);
    await cockpit.session.dock(0);
  }

  private command(c: Command): void {
    const { cockpit } = this;
    if (!cockpit) return;
    if (c === 'menu') {
      if (!this.closeTop()) this.openDrawer('menu');
      return;
    }
    if (c === 'describe') this.summary.tell(cockpit.game, cockpit.market);
    else if (c === 'map') this.toggleMap();
    else if (c === 'pilot') this.openDrawer('pilot');
    else if (c === 'chat') this.openChat(cockpit);
    else if (c === 'mute') this.toasts.say(this.settings.toggleSound());
    else if (cockpit.game.phase !== Phase.FLYING) return;
    else if (c === 'next') cockpit.game.nextTarget();
    else if (c === 'hostile') cockpit.game.nearestHostile();
    else if (c === 'clear') cockpit.game.target = 0;
    else if (c === 'dock') void this.dock();
    else if (c === 'range') cockpit.hud.radar.toggleRange();
  }

  private toggleMap(): void {
    const { cockpit } = this;
    if (!cockpit) return;
    this.mapOpen = !this.mapOpen;
    if (this.mapOpen) {
      cockpit.map.open();
      document.body.append(cockpit.map.element);
    } else {
      cockpit.map.element.remove();
    }
  }

  /** The field over the flight, or the drawer where that has no room. */
  private openChat({ chat, game }: Cockpit): void {
    if (game.phase === Phase.FLYING && chat.element.checkVisibility()) chat.focus();
    else if (game.phase === Phase.FLYING) this.openDrawer('chat');
  }

  private openDrawer(kind: 'menu' | 'pilot' | 'chat', player = 0): void {
    const { cockpit } = this;
    const was = this.drawer?.dataset['kind'];
    this.closeTop();
    if (!cockpit || (was === kind && player === 0)) return;
    const close = (): void => void this.closeTop();
    this.drawer =
      kind === 'pilot'
        ? new PilotCard(cockpit.game, player, close).element
        : kind === 'chat'
          ? chatDrawer(cockpit.chat.element, close)
          : menuDrawer(cockpit.game, this.settings, this.bindings, this.profile, this.view.fps, {
              close,
              claim: () => this.claim(),
              signOut: () => this.signOut(),
              chat: () => this.openDrawer('chat'),
            });
    this.drawer.dataset['kind'] = kind;
    document.body.append(this.drawer);
  }

  private closeTop(): boolean {
    const open = this.drawer !== null || this.mapOpen;
    this.drawer?.remove();
    this.drawer = null;
    if (this.cockpit) this.cockpit.hud.element.append(this.cockpit.chat.element);
    if (this.mapOpen) this.toggleMap();
    return open;
  }

  private onDockedScreen(): boolean {
    return (
      this.cockpit !== null &&
      this.cockpit.docked.element.isConnected &&
      !this.drawer &&
      !this.mapOpen &&
      document.querySelector('.veil') === null
    );
  }

  private picture(now: number): void {
    requestAnimationFrame((next) => this.picture(next));
    const ms = Math.min(250, now - this.lastNow);
    this.lastNow = now;
    this.view.pace(ms);
    const { cockpit } = this;
    if (this.landing.element.isConnected) this.landing.draw(now);
    if (!cockpit) return;
    cockpit.session.update();
    if (!cockpit.session.world) return;
    const docked = cockpit.game.phase === Phase.DOCKED;
    cockpit.market.pump(cockpit.session.now(), docked);
    const back = performance.now() < this.backUntil;
    const banner = outerBanner(cockpit.game, this.lost, back);
    if (cockpit.docked.element.isConnected) {
      cockpit.docked.notice(banner ? `${banner.strong}${banner.more}` : '');
      cockpit.docked.update(cockpit.session.now());
    } else {
      cockpit.hud.outer = banner;
      toggle(this.view.stage, 'lost', this.lost !== null);
      this.view.draw(cockpit.game, cockpit.hud, ms);
    }
    cockpit.hints.update(now);
    cockpit.death.update();
    if (this.mapOpen) cockpit.map.draw(cockpit.session.now());
    this.summary.step(now);
  }

  /** Wishes go out and the world flies on. */
  private step(): void {
    if (!this.cockpit) return;
    const covered = this.drawer !== null || this.mapOpen || !!document.querySelector('.veil');
    this.cockpit.sounds.step(this.view.steer(this.cockpit.game, covered));
    this.cockpit.session.update();
  }
}
