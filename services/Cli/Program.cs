using Cdp.Cli;

using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromMinutes(2) };
var program = new CommandLine(http, TimeProvider.System, Environment.GetEnvironmentVariable, Console.Out, Console.Error, !Console.IsOutputRedirected);
return await program.RunAsync(args, CancellationToken.None);
