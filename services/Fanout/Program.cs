using Cdp.Fanout;
using Cdp.Hosting.Api;
using Cdp.Hosting.Process;

if (args is not [NewApiToken.Option]) return await CdpHost.RunAsync(FanoutService.Service, args);
NewApiToken.Print();
return 0;
