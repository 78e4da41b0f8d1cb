import type {
  IAuthenticateGeneric,
  ICredentialTestRequest,
  ICredentialType,
  Icon,
  INodeProperties,
} from "n8n-workflow";

/** A key of Catalyst's REST gateway: an administration key for any tenant, or a tenant's own. */
export class CatalystApi implements ICredentialType {
  name = "catalystApi";

  displayName = "Catalyst API";

  icon: Icon = { light: "file:../icons/catalyst.svg", dark: "file:../icons/catalyst.dark.svg" };

  documentationUrl = "https://github.com/catalyst-telecom/catalyst/tree/main/n8n-bridge#credential";

  properties: INodeProperties[] = [
    {
      displayName: "Base URL",
      name: "baseUrl",
      type: "string",
      default: "http://127.0.0.1:8080",
      required: true,
      placeholder: "https://catalyst.example.com",
      description: "Address of Catalyst's REST gateway, without /api",
    },
    {
      displayName: "API Key",
      name: "apiKey",
      type: "string",
      typeOptions: { password: true },
      default: "",
      required: true,
      description:
        "An administration key (cat_admin_…) acts for any tenant as far as its role goes; a tenant's key (cat_live_…) for that tenant alone",
    },
  ];

  authenticate: IAuthenticateGeneric = {
    type: "generic",
    properties: { headers: { Authorization: "=Bearer {{$credentials.apiKey}}" } },
  };

  test: ICredentialTestRequest = {
    request: { baseURL: '={{$credentials.baseUrl.replace(/\\/+$/, "")}}', url: "/api/v2/workflows" },
  };
}
