import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** One mail as the catcher keeps it. */
export interface CaughtMail {
  /** Number of its arrival, from 1. */
  readonly number: number;
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
  /** Addresses of the SMTP envelope. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** The Message-ID header with its angle brackets; null when there is none. */
  readonly messageId: string | null;
  /** 1 for the first mail with its Message-ID, 2 for the first repeat of it, and so on. */
  readonly copy: number;
  readonly text: string;
  readonly html: string | null;
  readonly attachments: readonly { readonly name: string; readonly bytes: number }[];
}

export type ArrivedMail = Omit<CaughtMail, "number" | "copy">;

const kept = 1_000; // a development inbox that nobody empties must not fill the disk
const longestText = 100_000; // characters of a part

/** The last mails, in memory and in a file of one JSON object a line, so that they survive a restart. */
export class Mailbox {
  private readonly file: string;
  private mails: CaughtMail[] = [];
  private linesInFile = 0;
  private lastNumber = 0;

  constructor(file: string) {
    this.file = file;
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) return;
    const lines = readFileSync(file, "utf8").split("\n");
    this.mails = lines.flatMap(parseLine).slice(-kept);
    this.lastNumber = this.mails.at(-1)?.number ?? 0;
    this.compact();
  }

  /** Newest first. */
  list(): readonly CaughtMail[] {
    return this.mails.toReversed();
  }

  /** How many older mails were let go. */
  dropped(): number {
    return this.lastNumber - this.mails.length;
  }

  add(mail: ArrivedMail): CaughtMail {
    const same = this.mails.filter((other) => mail.messageId !== null && other.messageId === mail.messageId);
    this.lastNumber += 1;
    const caught: CaughtMail = {
      ...mail,
      number: this.lastNumber,
      copy: (same.at(-1)?.copy ?? 0) + 1,
      text: mail.text.slice(0, longestText),
      html: mail.html?.slice(0, longestText) ?? null,
    };
    this.mails.push(caught);
    if (this.mails.length > kept) this.mails.shift();
    appendFileSync(this.file, `${JSON.stringify(caught)}\n`, { mode: 0o600 });
    this.linesInFile += 1;
    if (this.linesInFile > 2 * kept) this.compact();
    return caught;
  }

  private compact(): void {
    const draft = `${this.file}.new`;
    writeFileSync(draft, this.mails.map((mail) => `${JSON.stringify(mail)}\n`).join(""), { mode: 0o600 });
    renameSync(draft, this.file);
    this.linesInFile = this.mails.length;
  }
}

/** A line that a kill cut short is let go: its mail was never acknowledged, so its sender sends it again. */
function parseLine(line: string): CaughtMail[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line) as CaughtMail];
  } catch {
    return [];
  }
}
