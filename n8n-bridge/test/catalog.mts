/** Two flows as GET /api/v2/workflows describes them. */
const text = { type: "string", minLength: 1 };
const decision = {
  type: "object",
  properties: { decision: { type: "string", enum: ["approve", "reject"] }, actor: text, reason: text },
  required: ["decision", "actor", "reason"],
};

const SUSPENSION = {
  name: "suspension",
  title: "Suspension",
  description: "Notice, grace period, service off",
  started_by: "a person",
  starters: ["owner", "support"],
  input: {
    type: "object",
    properties: {
      tenantId: text,
      cause: { type: "string", enum: ["critical_balance", "person"] },
      walletId: { type: ["string", "null"] },
      graceSeconds: { type: "integer" },
      reason: text,
      actor: text,
    },
    required: ["tenantId", "cause", "walletId", "graceSeconds", "reason", "actor"],
  },
  output: null,
  signals: [
    { name: "causeMayHaveEnded", description: "Money came in", input: null, output: null, parties: [] },
  ],
  updates: [
    {
      name: "reinstate",
      description: "Ends it",
      input: { type: "object", properties: { actor: text, reason: text }, required: ["actor", "reason"] },
      output: null,
      parties: [],
    },
  ],
  queries: [{ name: "state", description: "How far it is", input: null, output: null, parties: [] }],
};

const ONBOARDING = {
  ...SUSPENSION,
  name: "tenantOnboarding",
  title: "Tenant onboarding",
  starters: [],
  signals: [],
  updates: [
    { name: "decideKyc", description: "Whether it may open", input: decision, output: null, parties: [] },
  ],
};

export const CATALOG = { data: [SUSPENSION, ONBOARDING] };
