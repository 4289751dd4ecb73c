using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Profiles;

if (RebuildCommand.IsAsked(args)) return await RebuildCommand.RunAsync(args, Console.Out, Console.Error, CancellationToken.None);
if (args is not [NewApiToken.Option]) return await CdpHost.RunAsync(ProfilesService.Service, args);
NewApiToken.Print();
return 0;
