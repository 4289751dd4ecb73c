using Cdp.Fanout;
using Cdp.Hosting;

return await CdpHost.RunAsync(FanoutService.Service, args);
