using Cdp.Hosting;
using Cdp.Profiles;

return await CdpHost.RunAsync(ProfilesService.Service, args);
