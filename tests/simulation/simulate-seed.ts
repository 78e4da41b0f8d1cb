import { Unavailable } from "#domain/errors.ts";
import type { BillingEvent } from "#domain/events/billing-event.ts";
import type { EventPublisher, OutgoingRecord, RawRecord, StageHandler } from "#domain/events/ports.ts";
import { money } from "#domain/money/money.ts";
import { createLogger } from "#platform/logger.ts";
import { createMetrics } from "#platform/metrics.ts";
import { createDriftRepair } from "#pipeline/billing/drift.ts";
import { createBillingHandler } from "#pipeline/billing/stage.ts";
import { decodeEvent } from "#pipeline/decode-event.ts";
import { createStageRunner } from "#pipeline/run-stage.ts";
import { STAGES } from "#pipeline/stages.ts";
import { MemoryLedger, memoryLedger, type Reach } from "./memory-ledger.ts";
import { MemoryRedis, memoryWallets } from "./memory-wallets.ts";
import { checkBooks, checkCommit, InvariantBroken } from "./invariants.ts";
import { random } from "./random.ts";
import { Scheduler, type Life } from "./scheduler.ts";
import { HOLD, isCharged, NOW, simulatedControl, topUp, WALLETS, usage } from "./tariff.ts";

/** What a seed went through; equal for equal seeds. */
export interface Outcome {
  readonly seed: number;
  /** Effects at servers. */
  readonly steps: number;
  readonly entries: number;
  readonly kills: number;
  readonly wipes: number;
  /** Records of known ids with other bodies, all in the dead letters. */
  readonly conflicts: number;
  /** Hex digest of ledger, wallets and dead letters: tells whether two runs were the same. */
  readonly digest: string;
}

const MESSAGES = 80;
const DOORS = 2;
const STEPS_OF_FAULTS = 3_000;
const STEPS_MAX = 20_000;
/** Small, so that what the store remembers of charges rotates away within a run. */
const BUCKET_IDS = 90;
const BATCH_MAX = 12;

const metrics = createMetrics("simulation");
const logger = createLogger("simulation", "silent");

interface Accepted {
  readonly walletId: string;
  readonly door: Life;
  /** Chargeable events: on the topic, and in the ledger. */
  published: number;
  billed: number;
  /** Whether all its events are on the topic. */
  complete: boolean;
}

/** One life of the whole system: door, timeline and billing processes around a topic, a Redis and a PostgreSQL. */
class World {
  readonly #next: () => number;
  readonly scheduler: Scheduler;
  readonly ledger = new MemoryLedger();
  readonly redis = new MemoryRedis(BUCKET_IDS);
  readonly topic: BillingEvent[] = [];
  readonly deadLetters: OutgoingRecord[] = [];
  readonly triggers: OutgoingRecord[] = [];
  /** Messages whose reservation the door got, by id; what is set aside protects the wallet until they are billed. */
  readonly accepted = new Map<string, Accepted>();
  /** What a loss of the cache lets go beyond the limit at most: the holds that it could not restore. */
  readonly allowance = new Map<string, bigint>();
  /** Offsets of records with the id of another event. */
  readonly conflicts = new Set<number>();
  readonly published = new Map<string, BillingEvent>();
  committed = 0;
  wipes = 0;
  faults = true;
  messagesLeft = MESSAGES;
  readonly #doors = new Set<Life>();
  #owners: Life[] = [];

  constructor(seed: number) {
    this.#next = random(seed);
    this.scheduler = new Scheduler(this.#next, NOW);
    const pick = (values: readonly number[]): number => values[Math.floor(this.#next() * values.length)]!;
    this.scheduler.rates = { away: pick([0, 0.01, 0.05, 0.12]), kill: pick([0, 0.005, 0.02]) };
    this.redis.onLoaded = (walletId) => this.#allow(walletId);
    for (const walletId of WALLETS) this.ledger.open(walletId);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  reach(life: Life): Reach {
    return (what, work) => this.scheduler.effect(life, what, work);
  }

  /** Holds of messages on their way that are not set aside any more. */
  #allow(walletId: string): void {
    const held = this.redis.live(walletId)!;
    let lost = 0n;
    for (const [messageId, message] of this.accepted)
      if (message.walletId === walletId && onItsWay(message) && !held.reservations.has(messageId))
        lost += HOLD;
    this.allowance.set(walletId, (this.allowance.get(walletId) ?? 0n) + lost);
  }

  append(event: BillingEvent): void {
    this.topic.push(event);
    this.published.set(event.id, event);
  }

  /** A process that takes records from the committed offset on, until it dies. */
  owner(): void {
    const life: Life = { name: `billing-${this.#owners.length + 1}`, dead: false };
    this.#owners.push(life);
    const reach = this.reach(life);
    const ledger = memoryLedger(this.ledger, reach);
    const publisher: EventPublisher = {
      publish: (records) =>
        reach("publish", () => {
          for (const record of records)
            (record.topic === STAGES.billing.deadLetterTopic ? this.deadLetters : this.triggers).push(record);
        }),
    };
    const pause = async (ms: number): Promise<boolean> => {
      await this.scheduler.pause(life, ms);
      return true;
    };
    const handler: StageHandler<BillingEvent> = createBillingHandler({
      control: simulatedControl,
      wallets: memoryWallets(this.redis, ledger, reach),
      ledger: {
        find: ledger.find,
        commit: (batches) =>
          reach("ledger commit", () => {
            const results = this.ledger.commit(batches);
            checkCommit(this, batches, results);
            return results;
          }),
      },
      publisher,
      metrics: { count: () => {} },
      clock: { now: () => this.scheduler.now },
      pause,
    });
    const run = createStageRunner<BillingEvent>({
      stage: STAGES.billing,
      decode: decodeEvent,
      handler,
      publisher,
      metrics,
      logger,
      clock: { now: () => this.scheduler.now },
      pause,
    });
    void this.#consume(life, run);
  }

  async #consume(life: Life, run: (records: readonly RawRecord[]) => Promise<void>): Promise<void> {
    for (;;) {
      try {
        const { from, records } = await this.scheduler.effect(life, "fetch", () => this.#fetch());
        if (records.length === 0) {
          await this.scheduler.pause(life, 20);
          continue;
        }
        await run(records);
        await this.scheduler.effect(life, "commit offset", () => {
          this.committed = Math.max(this.committed, from + records.length);
        });
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await this.scheduler.pause(life, 50);
      }
    }
  }

  #fetch(): { from: number; records: RawRecord[] } {
    const from = this.committed;
    const records = this.topic
      .slice(from, from + 1 + this.below(BATCH_MAX))
      .map((event, index): RawRecord => ({
        topic: "billing.events",
        partition: 0,
        offset: BigInt(from + index),
        key: event.walletId,
        value: new TextEncoder().encode(JSON.stringify(event)),
        headers: {},
      }));
    return { from, records };
  }

  /** A door and what follows a message until its billing events: reserve, store, publish, settle. Goes on where its former life ended. */
  async #open(life: Life): Promise<void> {
    const reach = this.reach(life);
    const store = memoryWallets(this.redis, memoryLedger(this.ledger, reach), reach);
    while (this.messagesLeft > 0) {
      this.messagesLeft -= 1;
      const walletId = WALLETS[this.below(WALLETS.length)]!;
      const messageId = `m${this.messagesLeft}`;
      const reserve = () => store.reserve(walletId, money(0n), [{ messageId, amount: HOLD }]);
      const [outcome] = await this.#insist(life, reserve);
      if (outcome === "reserved") await this.#follow(life, walletId, messageId);
    }
    this.#doors.delete(life);
  }

  async #follow(door: Life, walletId: string, messageId: string): Promise<void> {
    const message: Accepted = { walletId, door, published: 0, billed: 0, complete: false };
    this.accepted.set(messageId, message);
    const effect = (what: string, work: () => unknown) =>
      this.#insist(door, () => this.scheduler.effect(door, what, work));
    await effect(`store ${messageId}`, () =>
      this.ledger.messages.set(messageId, { walletId, hold: HOLD, final: false }),
    );
    for (const event of this.#eventsOf(walletId, messageId)) {
      await effect(`append ${event.id}`, () => {
        if (!this.published.has(event.id) && isCharged(event)) message.published += 1;
        this.append(event);
      });
    }
    message.complete = true;
    await effect(`final ${messageId}`, () => (this.ledger.messages.get(messageId)!.final = true));
  }

  #eventsOf(walletId: string, messageId: string): BillingEvent[] {
    const events = [usage(walletId, messageId, "firewall.scan", money(0n))];
    if (this.chance(0.2)) return [...events, usage(walletId, messageId, "sms.failed", HOLD)];
    if (this.chance(0.3)) events.push(usage(walletId, messageId, "sms.submit", money(0n)));
    return [...events, usage(walletId, messageId, "sms.delivered", HOLD)];
  }

  get doorsOpen(): number {
    return this.#doors.size;
  }

  /** Again until the server answers. */
  async #insist<Result>(life: Life, work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await this.scheduler.pause(life, 10);
      }
    }
  }

  /** What happens between two effects, to the servers and to the processes: the dead are started again. */
  disturb(): void {
    for (const life of this.#doors) if (life.dead) this.#doors.delete(life);
    while (this.#doors.size < DOORS && this.messagesLeft > 0) {
      const life: Life = { name: "door", dead: false };
      this.#doors.add(life);
      void this.#open(life);
    }
    const alive = this.#owners.filter(({ dead }) => !dead);
    if (alive.length < (this.faults && this.chance(0.05) ? 2 : 1)) this.owner();
    if (!this.faults) return;
    if (alive.length > 1 && this.chance(0.05)) alive[0]!.dead = true;
    if (this.chance(0.01)) this.redis.save();
    if (this.chance(0.006)) this.#wipe(() => this.redis.flushall());
    if (this.chance(0.004)) this.#wipe(() => this.redis.restart());
    this.redis.readOnly = this.redis.readOnly ? !this.chance(0.05) : this.chance(0.001);
    if (this.topic.length > 0 && this.chance(0.02)) this.topic.push(this.#anEvent());
    if (this.topic.length > 0 && this.chance(0.015)) this.#conflict();
    if (this.chance(0.005))
      this.append(topUp(WALLETS[this.below(WALLETS.length)]!, `top-${this.topic.length}`));
  }

  #wipe(loss: () => void): void {
    this.wipes += 1;
    loss();
  }

  #anEvent(): BillingEvent {
    return this.published.get(this.topic[this.below(this.topic.length)]!.id)!;
  }

  /** A known id with another body: nothing may come of it but a dead letter. */
  #conflict(): void {
    const event = this.#anEvent();
    if (event.kind !== "usage" || !isCharged(event)) return;
    this.conflicts.add(this.topic.length);
    this.topic.push({ ...event, units: 2 });
  }

  /** At once, wherever they are. */
  stopOwners(): void {
    for (const owner of this.#owners) owner.dead = true;
  }

  /** Owners that ever lived, but for the last. */
  get kills(): number {
    return this.#owners.length - 1;
  }
}

function onItsWay({ billed, published, complete, door }: Accepted): boolean {
  return billed < published || (!complete && !door.dead);
}

export type { World };

/**
 * @throws InvariantBroken naming the seed, the step and the last effects: run it again with the same seed and the same happens.
 */
export async function simulateSeed(seed: number): Promise<Outcome> {
  const world = new World(seed);
  const { scheduler } = world;
  try {
    for (const walletId of WALLETS) world.append(topUp(walletId, `opening-${walletId}`));
    for (;;) {
      if (scheduler.steps > STEPS_MAX) throw new InvariantBroken("the stream does not end");
      world.disturb();
      await scheduler.step();
      if (world.faults && (world.doorsOpen === 0 || scheduler.steps > STEPS_OF_FAULTS)) calm(world);
      if (world.doorsOpen === 0 && world.committed === world.topic.length) break;
    }
    world.stopOwners();
    await settle(world);
    checkBooks(world);
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new InvariantBroken(
      `seed ${seed}, step ${scheduler.steps}: ${why}\nThe last effects:\n  ${scheduler.trace.join("\n  ")}`,
    );
  }
  const entries = [...world.ledger.wallets.values()].reduce((sum, row) => sum + row.entries.length, 0);
  return {
    seed,
    steps: scheduler.steps,
    entries,
    kills: world.kills,
    wipes: world.wipes,
    conflicts: world.conflicts.size,
    digest: digestOf(world),
  };
}

/** From here on nothing fails, and what is on its way arrives. */
function calm(world: World): void {
  world.faults = false;
  world.scheduler.rates = { away: 0, kill: 0 };
  world.redis.readOnly = false;
}

/** What the once-a-minute repair mends: two passes find the same difference. */
async function settle(world: World): Promise<void> {
  const life: Life = { name: "repair", dead: false };
  const reach = world.reach(life);
  const ledger = memoryLedger(world.ledger, reach);
  const repair = createDriftRepair({ wallets: memoryWallets(world.redis, ledger, reach), ledger });
  await world.scheduler.until(repair().then(repair));
}

function digestOf(world: World): string {
  let hash = 0;
  const text = JSON.stringify(
    [[...world.ledger.wallets], world.deadLetters.length, world.scheduler.steps],
    (_, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value instanceof Map ? [...value] : value,
  );
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  return (hash >>> 0).toString(16);
}
