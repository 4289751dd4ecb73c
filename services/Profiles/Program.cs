using Cdp.Hosting;
using Cdp.Profiles;
using Cdp.Profiles.Rebuilding;

return RebuildCommand.IsAsked(args) ? await RebuildCommand.RunAsync(args, Console.Out, Console.Error, CancellationToken.None) : await CdpHost.RunAsync(ProfilesService.Service, args);
