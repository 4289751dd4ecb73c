using Cdp.Fanout;
using Cdp.Hosting.Process;

return await CdpHost.RunAsync(FanoutService.Service, args);
