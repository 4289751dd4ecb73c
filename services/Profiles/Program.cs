using Cdp.Hosting;
using Cdp.Profiles;

if (args is not [NewApiToken.Option]) return await CdpHost.RunAsync(ProfilesService.Service, args);
NewApiToken.Print();
return 0;
