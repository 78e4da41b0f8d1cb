import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/**
 * The process's Prometheus metrics. Label values come from closed sets (stage, topic, outcome):
 * never a tenant's number, a message id or a free text.
 */
export interface Metrics {
  readonly registry: Registry;
  readonly stageRecords: Counter<"stage" | "outcome">;
  readonly stageBatchSeconds: Histogram<"stage">;
  readonly stageBatchRecords: Histogram<"stage">;
  readonly stageLagRecords: Gauge<"stage">;
  readonly messages: Counter<"channel" | "outcome">;
  readonly charges: Counter<"event_type" | "outcome">;
  readonly drops: Counter<"where">;
  readonly providerWebhooks: Counter<"provider" | "outcome">;
}

export function createMetrics(process: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    stageRecords: new Counter({
      name: "catalyst_stage_records_total",
      help: "Records a stage finished, by outcome (done, dead_letter)",
      labelNames: ["stage", "outcome"],
      registers,
    }),
    stageBatchSeconds: new Histogram({
      name: "catalyst_stage_batch_seconds",
      help: "Time from a batch's start to all its effects being durable",
      labelNames: ["stage"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    stageBatchRecords: new Histogram({
      name: "catalyst_stage_batch_records",
      help: "Records per batch",
      labelNames: ["stage"],
      buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000],
      registers,
    }),
    stageLagRecords: new Gauge({
      name: "catalyst_stage_lag_records",
      help: "Records published but not yet finished by the stage",
      labelNames: ["stage"],
      registers,
    }),
    messages: new Counter({
      name: "catalyst_messages_total",
      help: "Messages by channel and outcome (accepted, refused, delivered, failed, blocked, expired)",
      labelNames: ["channel", "outcome"],
      registers,
    }),
    charges: new Counter({
      name: "catalyst_charges_total",
      help: "Billing events by type and outcome (charged, free, duplicate)",
      labelNames: ["event_type", "outcome"],
      registers,
    }),
    drops: new Counter({
      name: "catalyst_drops_total",
      help: "Work refused because a bound was reached, by place",
      labelNames: ["where"],
      registers,
    }),
    providerWebhooks: new Counter({
      name: "catalyst_provider_webhooks_total",
      help: "Webhooks of payment providers by outcome (accepted, known, ignored, forged)",
      labelNames: ["provider", "outcome"],
      registers,
    }),
  };
}
