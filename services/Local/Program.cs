using Cdp.Hosting.Configuration;
using Cdp.Local;
using Cdp.Local.Demo;
using Cdp.Local.Settings;

var (options, errors) = LocalOptions.Parse(args);
foreach (var error in errors) await Console.Error.WriteLineAsync($"local: {error}");
if (errors.Count > 0) await Console.Error.WriteLineAsync(LocalOptions.Usage);
if (errors.Count > 0) return 2;
if (options.IsHelp) Console.WriteLine(LocalOptions.Usage);
if (options.IsHelp) return 0;
try
{
    return options.IsDemo ? await DemoRun.RunAsync() : await Session.RunAsync(options);
}
catch (StartException e)
{
    foreach (var line in e.Message.Split(Environment.NewLine)) await Console.Error.WriteLineAsync($"local: {line}");
    return 1;
}
catch (ConfigurationException e)
{
    foreach (var error in e.Errors) await Console.Error.WriteLineAsync($"local: {error}");
    return 2;
}
