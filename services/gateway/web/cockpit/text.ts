// SPDX-License-Identifier: Apache-2.0
// Every text that a player reads, by code; nothing else in the client holds a sentence. Figures in
// braces are put in by say(). Present tense, no blame, no exclamation mark, at most 90 letters.

export const TEXT = {
  // Landing and sign-in.
  title: 'StarTrader',
  pitch: 'Buy low, fly through danger, sell high. One star system, everybody in it.',
  playNow: 'Play now',
  signIn: 'Sign in',
  register: 'Create pilot',
  newPilot: 'New pilot? Create one',
  havePilot: 'I have a pilot already',
  justFly: 'Just fly',
  pilotName: 'Pilot name',
  password: 'Password',
  show: 'Show',
  hide: 'Hide',
  keepPilot: 'Keep this pilot',
  keepWhy: 'A name and a password keep this pilot, ship and credits on every device.',
  signOut: 'Sign out',
  stations: 'stations',
  zones: 'zones',
  goods: 'goods',
  loading: 'Loading',
  loadProgram: 'Program',
  loadKernel: 'Flight kernel',
  loadWorld: 'Star chart',
  loadTicket: 'Ticket',
  loadFrame: 'First picture',
  loadSlow: 'Still loading. The network is slow.',
  loadFailed: 'The server does not answer. Trying again in {s} s.',
  legend: 'Risk of a zone',

  // Zones.
  risk0: 'Safe', risk1: 'Guarded', risk2: 'Open', risk3: 'Open', risk4: 'Lawless',
  pvp0: 'Players cannot hurt each other',
  pvp1: 'Attackers are hunted by patrols',
  pvp2: 'Players may attack each other',
  pvp3: 'No rules, no help',
  dropNone: 'If destroyed, none of your cargo drops',
  dropShare: 'If destroyed: {n} of your cargo drops',
  priceSame: 'Prices as in safe space',
  priceAbove: 'Prices here {n} above safe space',
  zoneAhead: '{risk} space ahead: {name}',
  sheltered: 'In the shelter of a station',

  // Flight.
  dockAt: 'Dock at {name}',
  dockFar: '{name} {d}',
  dockRule: 'dock within {r} m, below {v} m/s',
  docking: 'Docking',
  dockHold: 'Docking, hold still {s} s',
  dockLocked: 'Docking locked',
  dockFast: 'Too fast to dock: below {v} m/s',
  inCombat: 'In combat',
  inCombatMore: 'docking locked for {s} s',
  wanted: 'Wanted',
  wantedMore: 'patrols hunt you for {s} s',
  hullLow: 'Hull low',
  ready: 'ready',
  boosting: 'boost',
  noBoost: 'empty',
  of: 'of {n} t',
  away: 'm away',
  awayKm: 'km away',
  closing: 'closing',
  opening: 'opening',
  bounty: 'bounty {n}',
  noTarget: 'No target',
  nearest: 'Nearest station',
  eta: '{s} at cruise',
  protectedFor: 'protected {s} s',
  unknown: '–',
  talkLater: 'Zone {name}',
  feedKill: '{who} destroyed',
  feedKillBy: '{by} destroyed {who}',
  feedTradeBuy: '{where}: {n} {good} bought for {cr}',
  feedTradeSell: '{where}: {n} {good} sold for {cr}',
  feedBooked: '{kind} {cr}',
  feedLoot: 'Taken aboard: {n} {good}',
  feedScanClean: 'Scanned: nothing found',
  feedScanFound: 'Contraband found: {n} {good}',
  somebody: 'A pilot',
  aShip: 'a {name}',
  drone: 'Training drone',
  cargoBox: 'Cargo',
  torpedo: 'Torpedo',
  pirate: 'pirate',
  patrol: 'patrol',
  hauler: 'hauler',
  level: 'level {n}',
  newcomer: 'newcomer',
  guild: 'hauler of {name}',

  // Kinds of bookings.
  kind_bounty: 'Bounty', kind_hull: 'New hull', kind_fee: 'Docking fee', kind_fuel: 'Fuel',
  kind_repair: 'Repair', kind_fine: 'Fine', kind_job: 'Delivery', kind_other: 'Booked',

  // Docked.
  undock: 'Undock',
  hold: 'Hold',
  credits: 'Credits',
  tax: 'tax {n}',
  tabMarket: 'Market', tabJobs: 'Deliveries', tabShip: 'Ship', tabNews: 'News',
  findGood: 'Find a good',
  filterAll: 'All {n}', filterHold: 'In my hold {n}', filterProfit: 'Profitable {n}',
  colGood: 'Good', colBuy: 'Buy', colSell: 'Sell', colHour: 'Last hour', colStock: 'Stock',
  colHold: 'In hold', colBest: 'Best place to sell', colProfit: 'Profit each',
  stockShort: 'shortage', stockLow: 'low', stockNormal: 'normal', stockPlenty: 'plenty',
  noProfit: 'no profit now',
  sellHere: 'Sell here',
  notTraded: 'Not traded here.',
  yourHold: 'Your hold',
  holdEmpty: 'The hold is empty.',
  worthHere: 'Worth here {cr}',
  thisOrder: '+{n} t this order',
  fullLoad: '{n} t',
  legal: 'legal', restricted: 'restricted: customs scan for it', contraband: 'contraband here',
  tEach: '{n} t each',
  usual: 'Why {now} and not the usual {usual}',
  whyStockBelow: 'Stock is {n} below target',
  whyStockAbove: 'Stock is {n} above target',
  whyZone: 'Risk of this zone',
  whyOrder: 'Size of this order',
  buy: 'Buy', sell: 'Sell', max: 'Max',
  unitFor: 'Unit price for {n}',
  moves: 'Your order moves the price',
  holdAfter: 'Hold afterwards',
  holdAfterOf: '{n} of {m} t',
  profitAt: 'Profit if sold at {name} now',
  total: 'Total',
  priceHeld: 'price held {s} s',
  buyButton: 'Buy {n} {good}',
  sellButton: 'Sell {n} {good}',
  sending: 'Sending',
  asking: 'Asking for the price',
  asOf: 'as of {t}',
  noJobs: 'No deliveries are waiting for you.',
  jobLine: '{n} {good} to {where}',
  jobFee: '{cr} on delivery',
  jobDistance: '{d} from here',
  noNews: 'Nothing has happened near you yet.',
  shipClass: 'Class', shipHold: 'Hold', shipCruise: 'Cruise', shipBoost: 'Boost',
  shipHull: 'Hull', shipShield: 'Shield', shipGuns: 'Guns', shipTurn: 'Turn',
  perSecond: '{n} m/s',
  degrees: '{n}°/s',

  // Orders.
  order_1: '{did} {n} {good} for {cr}.',
  bought: 'Bought', sold: 'Sold',
  order_2: 'You are not docked here.',
  order_3: 'You need {limit} cr more.',
  order_4_buy: 'The station has only {limit} left.',
  order_4_sell: 'You carry only {limit}.',
  order_5: 'Your hold has room for {limit} more.',
  order_6: 'The price moved to {total}. Nothing was done.',
  order_7: 'That price has expired. Here is the new one.',
  order_8: 'This station does not trade that.',
  order_9: 'This market is closed right now. Your goods stay yours.',
  order_10: 'One order carries at most {limit}.',
  order_11: 'This order was sent before with other figures. Nothing was done twice.',
  order_12: 'No answer yet. Asking again with the same order.',
  order_13: 'That did not work. Nothing has changed.',
  orderRetry: 'No answer yet. Asking again with the same order.',
  orderLost: 'Still no answer. It was done once or not at all; the receipt will tell.',

  // Docking, undocking, pickup: by ActionResult.
  action_2: 'Too far: come within {value} m.',
  action_3: 'Too fast: slow below {value} m/s.',
  action_4: 'In combat: docking is locked for {seconds} s.',
  action_5: '{name} refuses wanted pilots for {seconds} s.',
  action_6: '{name} does not answer. Docking is closed for now.',
  action_7: 'The approach was interrupted. You fly on.',
  action_8: '{name} could not take you in. You fly on.',
  action_9: 'That is not possible now.',
  action_10: 'Your hold is full.',
  action_other: 'That did not work. Nothing has changed.',
  undockFailed: 'You are still docked. Try again.',
  undocking: 'Undocking',
  weaponsLocked: 'Players cannot be hurt here.',

  // Sign-in refusals, by code of the problem document.
  auth_unauthenticated: 'Name or password is not right.',
  auth_not_found: 'Name or password is not right.',
  auth_name_taken: 'That name is taken.',
  auth_name_invalid: '3 to 20 letters, digits, spaces or hyphens.',
  auth_password_weak: 'Use at least 10 characters.',
  auth_rate_limited: 'Too many tries. Wait {s} s.',
  auth_busy: 'Sign-in is busy. Trying again in {s} s.',
  auth_unavailable: 'The records are out of reach. Trying again in {s} s.',
  auth_expired: 'You have been away a while. Sign in again.',
  auth_conflict: 'This pilot has a name already.',
  auth_network: 'The server does not answer. Check the connection.',
  auth_other: 'That did not work. Nothing has changed.',
  claimed: 'This pilot is yours on every device now.',

  // Connection.
  conn_lost: 'Contact lost. Reconnecting, try {n}. Your ship stays in space for {s} s.',
  conn_lostDocked: 'Contact lost. Reconnecting, try {n}. Your ship is safe at the station.',
  conn_slow: 'Your connection could not keep up. Reconnecting with fewer ships.',
  conn_rules: 'The connection was closed by the rules. Reconnecting.',
  conn_moving: 'The server is moving. Reconnecting.',
  conn_idle: 'No sign of you for a while. Reconnecting.',
  conn_ticket: 'Renewing your ticket.',
  'conn_bad-hello': 'The greeting was not understood. Reconnecting.',
  'conn_world-away': 'The world does not answer yet. Reconnecting.',
  conn_back: 'Back in contact.',
  fencedTitle: 'Signed in elsewhere',
  fenced: 'You signed in somewhere else. This window has let go of your ship.',
  flyHere: 'Fly here instead',
  close: 'Close',
  kickedTitle: 'Session ended',
  kicked: 'An operator ended this session: {reason}',
  signInAgain: 'Sign in again',
  paused: 'The world has paused. It goes on by itself.',
  tradeClosed: 'Trading and docking are closed. Flying and fighting go on.',
  tradeOpen: 'Trading is open again.',
  signInClosed: 'Sign-in is closed for now.',
  stationSilent: 'The station does not answer. Docking is closed for now.',
  slowNet: '{ms} ms, distant ships hidden',
  dilated: 'Time {n}',
  dilatedMore: 'So many ships are here that time runs at {n} for everyone.',
  drifted: 'You were away for {s} s.',
  parkedTitle: 'Your ship is parked',
  parked: 'Your ship is parked where it was.',
  flyOn: 'Fly on',

  // Death.
  destroyedTitle: 'Destroyed',
  destroyedBy: 'Destroyed by {who}, {cls}, in {zone}.',
  destroyedPlain: 'Destroyed in {zone}.',
  destroyedSun: 'The Sun\'s corona destroyed your ship.',
  counting: 'Counting the losses',
  lostGoods: '{n} {good}',
  lostDropped: 'left in space',
  lostGone: 'destroyed',
  newHull: 'New hull',
  freeHull: 'A free shuttle waits for you.',
  continueAt: 'Continue at {name}',
  continueIn: 'Continue at {name} in {s} s',
  deadSilent: 'The station does not answer yet. You will be back.',

  // Map.
  map: 'Map',
  setRoute: 'Set route',
  clearRoute: 'Clear route',
  distance: 'Distance',
  travel: 'At cruise',
  risk: 'Risk',
  yourGoodsThere: 'Your hold sells there for',
  layerZones: 'Zones', layerPrices: 'Prices',
  youAreHere: 'You',

  // Menu and settings.
  menu: 'Menu', resume: 'Back to the flight', settings: 'Settings', controlsTitle: 'Controls',
  display: 'Display', network: 'Network', account: 'Account',
  hudScale: 'Size of the display',
  hostileColour: 'Hostile colour',
  vermilion: 'vermilion', magenta: 'magenta', white: 'white',
  reducedMotion: 'Reduced motion',
  namesShown: 'Names shown', namesAll: 'all', namesNear: 'near', namesTarget: 'target only',
  on: 'on', off: 'off',
  pilot: 'Pilot', kills: 'Ships destroyed', deaths: 'Ships lost', since: 'Pilot since',
  netPing: 'Round trip', netRate: 'Received', netFrames: 'Frames', netCorrections: 'Corrections',
  netDigest: 'Digest errors', netView: 'Cells in view', fps: 'Pictures per second',
  skipHints: 'Skip the introduction',

  // Bindings, for the menu.
  keyTurn: 'Turn', keyThrust: 'Thrust', keyBrake: 'Brake', keyFire: 'Fire', keyBoost: 'Boost',
  keyNext: 'Next target', keyHostile: 'Nearest hostile', keyClear: 'Clear target',
  keyDock: 'Dock', keyMap: 'Map', keyPilot: 'Pilot', keyRange: 'Radar range', keySay: 'Describe',
  keyMenu: 'Menu, back', keyDrift: 'Flight assist off', mouse: 'mouse, or A D',
  leftButton: 'left button, Space', thrustKeys: 'W, right button', brakeKeys: 'S',

  // First flight.
  hint1: 'Your ship is ready. Press Undock.',
  hint2: 'Hold W to thrust. Let go: you keep drifting. The nose follows the mouse.',
  hint4: 'A training drone. Hold the left button; aim at the diamond.',
  hint5: 'Fly over its cargo to take it.',
  hint6: 'Back to {name}, the yellow hexagon. Slow below {v} m/s and press E.',
  hint7: 'Sell what you found: choose it, press Sell.',
  hint8: 'Profit. More chevrons, more profit, more danger. M is the map.',
  skip: 'Skip',

  // Summary for screen readers, on H.
  sumFlight: '{risk} zone {zone}, hull {hull}, shield {shield}, speed {v} m/s, {n} hostile{near}.',
  sumRoute: ' Route to {name}, {d} {dir}, bearing {b}.',
  sumAim: ' Aim {b}.',
  sumNear: ', nearest {d} {dir}',
  sumTarget: ' Target {name}, {d} {dir}, bearing {b}.',
  sumStation: ' Nearest station {name}, {d} {dir}, bearing {b}.',
  sumLoot: ' Cargo {d} {dir}, bearing {b}.',
  sumDocked: 'Docked at {name}. {cr}. Hold {n} of {m} t.',
  ahead: 'ahead', left: 'left', right: 'right', behind: 'behind',
} as const;

export type TextKey = keyof typeof TEXT;
export type Figures = { [name: string]: string | number };

/** The text of a key with its figures put in. */
export function say(key: TextKey, figures: Figures = {}): string {
  return TEXT[key].replace(/\{(\w+)\}/g, (_, name: string) => String(figures[name] ?? ''));
}

/** The text of a made-up key, or of the family's fallback. */
export function sayCode(key: string, fallback: TextKey, figures: Figures = {}): string {
  return say(key in TEXT ? (key as TextKey) : fallback, figures);
}

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en-GB', {
  minimumFractionDigits: 1, maximumFractionDigits: 1,
});

export const figure = (n: number | bigint): string => whole.format(n);
export const money = (n: number | bigint): string => `${whole.format(n)} cr`;
export const signed = (n: number): string =>
  n > 0 ? `+${whole.format(n)}` : n < 0 ? `−${whole.format(-n)}` : '0';
/** Per mille as a rounded percentage, "18 %". */
export const percent = (pm: number): string => `${whole.format(Math.round(pm / 10))} %`;
export const signedPercent = (pm: number): string => {
  const p = Math.round(pm / 10);
  return p > 0 ? `+${p} %` : p < 0 ? `−${-p} %` : '0 %';
};
/** World units as metres. */
export const distance = (u: number): string =>
  u < 1000 ? `${whole.format(u)} m`
    : u < 9950 ? `${tenth.format(u / 1000)} km` : `${whole.format(u / 1000)} km`;
export const seconds = (s: number): string =>
  s < 90 ? `${Math.max(0, Math.ceil(s))} s` : `${Math.ceil(s / 60)} min`;
export const capital = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);
