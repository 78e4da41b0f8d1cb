import { money, type Money } from "#domain/money/money.ts";
import type {
  Charge,
  ChargeOutcome,
  ChargeRequest,
  ChargeResult,
  Reservation,
  WalletState,
} from "#domain/wallet/ports.ts";

/** Ids that one of the two buckets of outcomes holds before they rotate: a wallet's memory is bounded by twice this, some 12 MB. */
const BUCKET_IDS = 50_000;
/** An untouched bucket ends. What comes again later finds its entry in the ledger. */
const BUCKET_SECONDS = 3_600;
/** A wallet as its hash tells it. */
export interface LoadedWallet {
  readonly state: WalletState;
  readonly reserved: Money;
}

export type ChargeAnswer = ["ok"] | ["cold"] | ["stale", string[], string[]];

export function loadedWallet(fields: Readonly<Record<string, string>>): LoadedWallet {
  const volumes = new Map<string, bigint>();
  for (const [field, value] of Object.entries(fields)) {
    if (field.startsWith("v:")) volumes.set(field.slice(2), BigInt(value));
  }
  const amount = (field: string): Money => money(BigInt(fields[field] as string));
  const state = { epoch: amount("epoch"), sequence: amount("sequence"), balance: amount("balance"), volumes };
  return { state, reserved: amount("reserved") };
}

export function loadArguments(state: WalletState, holds: readonly Reservation[]): string[] {
  const args = [
    state.epoch.toString(),
    state.sequence.toString(),
    state.balance.toString(),
    String(state.volumes.size),
  ];
  for (const [month, volume] of state.volumes) args.push(`v:${month}`, volume.toString());
  for (const { messageId, amount } of holds) if (amount > 0n) args.push(messageId, amount.toString());
  return args;
}

export function chargeArguments({ before, after, charges }: ChargeRequest): string[] {
  const months: string[] = [];
  for (const [month, volume] of after.volumes) {
    if (before.volumes.get(month) !== volume) months.push(`v:${month}`, volume.toString());
  }
  const args = [
    before.epoch.toString(),
    before.sequence.toString(),
    after.sequence.toString(),
    after.balance.toString(),
    String(BUCKET_IDS),
    String(BUCKET_SECONDS),
    String(months.length / 2),
    ...months,
  ];
  for (const charge of charges)
    args.push(`e${charge.eventId}`, outcomeText(charge), charge.messageId ?? "", charge.hold.toString());
  return args;
}

function outcomeText({ amount, sequence, volumeOrdinal, fingerprint, movedCounters }: Charge): string {
  return `${amount}|${sequence ?? ""}|${volumeOrdinal}|${fingerprint}${movedCounters ? "|c" : ""}`;
}

function outcomeOf(field: string, text: string): ChargeOutcome {
  const [amount, sequence, ordinal, fingerprint, moved] = text.split("|") as [
    string,
    string,
    string,
    string,
    string?,
  ];
  return {
    eventId: field.slice(1),
    amount: money(BigInt(amount)),
    sequence: sequence === "" ? null : BigInt(sequence),
    volumeOrdinal: BigInt(ordinal),
    fingerprint: BigInt(fingerprint),
    movedCounters: moved !== undefined,
  };
}

export function chargeResult(answer: ChargeAnswer): ChargeResult | undefined {
  if (answer[0] === "cold") return undefined;
  if (answer[0] === "ok") return { kind: "applied" };
  const known: ChargeOutcome[] = [];
  for (let index = 0; index < answer[2].length; index += 2) {
    known.push(outcomeOf(answer[2][index] as string, answer[2][index + 1] as string));
  }
  const fields: Record<string, string> = {};
  for (let index = 0; index < answer[1].length; index += 2)
    fields[answer[1][index] as string] = answer[1][index + 1] as string;
  return { kind: "stale", state: loadedWallet(fields).state, known };
}
