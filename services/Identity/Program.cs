using Cdp.Hosting;
using Cdp.Identity;

return await CdpHost.RunAsync(IdentityService.Service, args);
