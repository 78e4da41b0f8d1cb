import type { Consumer, Kafka } from "kafkajs";
import { randomUUID } from "node:crypto";
import type { Clock } from "#domain/clock.ts";
import { Unavailable } from "#domain/errors.ts";
import {
  type CompiledSupplierSheet,
  compileSupplierSheet,
  supplierSheet,
} from "#domain/cost/supplier-sheet.ts";
import { type FxRate, fxRate } from "#domain/fx/fx-rates.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { compileRateCard, type CompiledRateCard } from "#domain/rating/compiled-rate-card.ts";
import { loadFormulas, mayHoldFormulas } from "#domain/rating/formula.ts";
import { parseRateCard } from "#domain/rating/rate-card.ts";
import { type LoadSignal, loadSignal } from "#domain/rating/load-signal.ts";
import { rateCardVersion } from "#domain/rating/rate-card-version.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import { tenantConfiguration, type TenantConfiguration } from "#domain/tenants/tenant.ts";
import type { Closable } from "#platform/lifecycle.ts";
import type { Logger } from "#platform/logger.ts";
import { CONTROL_TOPICS } from "#pipeline/stages.ts";

/** A feed confirmed longer ago may miss a change: rating pauses until it is confirmed again. */
const CONFIRMED_MS_MAX = 1_000;
/** An empty fetch returns after this, so the feed is confirmed at least three times a second. */
const FETCH_WAIT_MS = 300;
/** How long a caller waits for a confirmation before it is told that Kafka is away. */
const CONFIRM_WAIT_MS_MAX = 5_000;

interface FetchLoop {
  readonly startedAt: number;
  answered: boolean;
  readonly confirmedAt: number;
}

/**
 * Configuration as this process knows it: the compacted control topics, read whole at start and
 * followed. Knows when it was last certain to be current.
 */
export class ControlFeed implements ControlView, Closable {
  readonly name = "control feed";
  readonly #kafka: Kafka;
  readonly #consumer: Consumer;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #tenants = new Map<string, TenantConfiguration>();
  /** Versions of each card, in force last first. */
  readonly #cards = new Map<string, CompiledRateCard[]>();
  /** Rates of each pair ("EUR/USD") and versions of each connector's sheet, in force last first. */
  readonly #fx = new Map<string, FxRate[]>();
  readonly #suppliers = new Map<string, CompiledSupplierSheet[]>();
  /** Ascending. */
  #loads: readonly { readonly validFrom: number; readonly percent: Percent }[] = [];
  /** One fetch loop a broker; the feed is as current as the loop that is furthest behind. */
  readonly #fetches = new Map<string, FetchLoop>();
  #caughtUp = false;
  #waiting: (() => void)[] = [];

  constructor(kafka: Kafka, clock: Clock, logger: Logger, onFatal: (error: Error) => void) {
    this.#kafka = kafka;
    this.#clock = clock;
    this.#logger = logger;
    this.#consumer = kafka.consumer({
      groupId: `catalyst.control.${randomUUID()}`,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      sessionTimeout: 10_000,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: 10,
        restartOnFailure: () => Promise.resolve(true),
      },
    });
    this.#consumer.on("consumer.fetch_start", ({ payload }) => this.#onFetchStart(String(payload.nodeId)));
    this.#consumer.on("consumer.fetch", ({ payload }) =>
      this.#onFetched(String((payload as { nodeId?: unknown }).nodeId)),
    );
    this.#consumer.on("consumer.group_join", () => this.#fetches.clear());
    this.#consumer.on("consumer.crash", ({ payload }) => {
      this.#fetches.clear();
      if (!payload.restart) onFatal(payload.error);
    });
  }

  /** Resolves when everything published before the call is known. */
  async start(): Promise<void> {
    const remaining = await this.#endOffsets();
    let caughtUp: () => void = () => {};
    const current = new Promise<void>((resolve) => (caughtUp = resolve));
    const settle = (topic: string, nextOffset: bigint): void => {
      const end = remaining.get(topic);
      if (end !== undefined && nextOffset >= end) remaining.delete(topic);
      if (remaining.size === 0) caughtUp();
    };
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...CONTROL_TOPICS], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { key, value } of batch.messages) {
          const text = value?.toString();
          if (text === undefined) continue;
          if (batch.topic === "control.rate-cards" && mayHoldFormulas(text)) await loadFormulas();
          this.#apply(batch.topic, key?.toString() ?? "", text);
        }
        settle(batch.topic, BigInt(batch.lastOffset()) + 1n);
      },
    });
    if (remaining.size > 0) await current;
    this.#caughtUp = true;
  }

  tenant(tenantId: string): TenantConfiguration | undefined {
    return this.#tenants.get(tenantId);
  }

  tenants(): IterableIterator<TenantConfiguration> {
    return this.#tenants.values();
  }

  rateCard(rateCardId: string, at: number): CompiledRateCard | undefined {
    return this.#cards.get(rateCardId)?.find(({ validFrom }) => validFrom <= at);
  }

  fx(base: string, quote: string, at: number): FxRate | undefined {
    return this.#fx.get(`${base}/${quote}`)?.find(({ validFrom }) => validFrom <= at);
  }

  supplier(connector: string, at: number): CompiledSupplierSheet | undefined {
    return this.#suppliers.get(connector)?.find(({ validFrom }) => validFrom <= at);
  }

  load(at: number): Percent | null {
    return this.#loads.findLast(({ validFrom }) => validFrom <= at)?.percent ?? null;
  }

  async confirm(): Promise<void> {
    if (this.#isCurrent()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Unavailable("kafka", { message: "the configuration feed cannot be confirmed" })),
        CONFIRM_WAIT_MS_MAX,
      );
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect();
  }

  #isCurrent(): boolean {
    if (!this.#caughtUp || this.#fetches.size === 0) return false;
    const oldest = this.#clock.now() - CONFIRMED_MS_MAX;
    for (const { confirmedAt } of this.#fetches.values()) if (confirmedAt < oldest) return false;
    return true;
  }

  /** A fetch that starts after one that was answered proves it: everything that one brought is applied. */
  #onFetchStart(nodeId: string): void {
    const previous = this.#fetches.get(nodeId);
    const confirmedAt =
      previous === undefined ? 0 : previous.answered ? previous.startedAt : previous.confirmedAt;
    this.#fetches.set(nodeId, { startedAt: this.#clock.now(), answered: false, confirmedAt });
    if (!this.#isCurrent()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #onFetched(nodeId: string): void {
    const fetch = this.#fetches.get(nodeId);
    if (fetch !== undefined) fetch.answered = true;
  }

  async #endOffsets(): Promise<Map<string, bigint>> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      const ends = new Map<string, bigint>();
      for (const topic of CONTROL_TOPICS) {
        const [offsets] = await admin.fetchTopicOffsets(topic);
        if (offsets !== undefined && BigInt(offsets.high) > BigInt(offsets.low))
          ends.set(topic, BigInt(offsets.high));
      }
      return ends;
    } finally {
      await admin.disconnect();
    }
  }

  #apply(topic: string, key: string, text: string): void {
    try {
      const json: unknown = JSON.parse(text);
      if (topic === "control.tenants") this.#applyTenant(tenantConfiguration.parse(json));
      else if (topic === "control.rate-cards") this.#applyRateCard(json);
      else if (key.startsWith("fx:")) this.#applyFxRate(fxRate.parse(json));
      else if (key.startsWith("load:")) this.#applyLoad(loadSignal.parse(json));
      else if (key.startsWith("supplier:")) this.#applySupplierSheet(json);
    } catch (error) {
      this.#logger.error({ err: error, topic, key }, "configuration record ignored");
    }
  }

  #applyTenant(tenant: TenantConfiguration): void {
    const known = this.#tenants.get(tenant.tenantId);
    if (known === undefined || known.revision <= tenant.revision) this.#tenants.set(tenant.tenantId, tenant);
  }

  #applyFxRate(rate: FxRate): void {
    const pair = `${rate.base}/${rate.quote}`;
    const others = (this.#fx.get(pair) ?? []).filter(({ validFrom }) => validFrom !== rate.validFrom);
    this.#fx.set(
      pair,
      [...others, rate].sort((a, b) => b.validFrom - a.validFrom),
    );
  }

  #applyLoad({ validFrom, percent }: LoadSignal): void {
    const others = this.#loads.filter((known) => known.validFrom !== validFrom);
    const signal = { validFrom, percent: parsePercent(percent) as Percent };
    this.#loads = [...others, signal].sort((a, b) => a.validFrom - b.validFrom);
  }

  #applySupplierSheet(json: unknown): void {
    const sheet = compileSupplierSheet(supplierSheet.parse(json));
    const others = (this.#suppliers.get(sheet.connector) ?? []).filter(
      ({ version }) => version !== sheet.version,
    );
    const sheets = [...others, sheet];
    sheets.sort((a, b) => b.validFrom - a.validFrom || b.version - a.version);
    this.#suppliers.set(sheet.connector, sheets);
  }

  #applyRateCard(json: unknown): void {
    const version = rateCardVersion.parse(json);
    const parsed = parseRateCard(version.source);
    if (!parsed.ok)
      throw new Error(`rate card ${version.rateCardId} version ${version.version} does not parse`);
    const others = (this.#cards.get(version.rateCardId) ?? []).filter(
      (card) => card.version !== version.version,
    );
    const cards = [...others, compileRateCard(parsed.card, version)];
    cards.sort((a, b) => b.validFrom - a.validFrom || b.version - a.version);
    this.#cards.set(version.rateCardId, cards);
  }
}
