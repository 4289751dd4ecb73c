using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Identity;

if (args is not [NewApiToken.Option]) return await CdpHost.RunAsync(IdentityService.Service, args);
NewApiToken.Print();
return 0;
