using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Cdp.Local.Settings;
using Cdp.Local.Stack;

namespace Cdp.Local;

/// <summary>One run of Local, from its start until Ctrl-C or the failure of a service.</summary>
public static class Session
{
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(LocalOptions options)
    {
        var clock = Stopwatch.StartNew();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

        Report($"starting with the data in {Path.GetFullPath(options.DataDirectory)}");
        await using var stack = await LocalStack.StartAsync(options, Report);
        stack.Services?.OnStopping(() => stopping.TrySetResult());
        Describe(stack, options, clock.Elapsed);
        await stopping.Task;
        return stack.Services?.ExitCode ?? 0;

        void Report(string line) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,5:F1} s  {line}"));

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.TrySetResult();
        }
    }

    private static void Describe(LocalStack stack, LocalOptions options, TimeSpan elapsed)
    {
        Console.WriteLine();
        if (stack.Services is { } services)
        {
            Console.WriteLine($"ingestion        {services.Url("ingestion")}");
            Console.WriteLine($"profile API      {services.Url("profiles")}");
            Console.WriteLine($"identity API     {services.Url("identity")}");
            Console.WriteLine($"fan-out API      {services.Url("fanout")}");
            Console.WriteLine($"management       {services.ManagementUrl}/health/ready and /metrics");
        }
        Console.WriteLine($"schema registry  {stack.Infra.Registry}");
        Console.WriteLine($"Kafka            {stack.Infra.Kafka}");
        Console.WriteLine($"Redis            {stack.Infra.Redis}");
        Console.WriteLine($"data             {Path.GetFullPath(options.DataDirectory)}");
        if (stack.Services is not null)
        {
            Console.WriteLine($"write key: {stack.Secrets.WriteKey}");
            Console.WriteLine($"API token: {stack.Secrets.ApiToken}");
            var testPage = $"{stack.Services.Url("ingestion")}{LocalServices.SdkPath}/test";
            Console.WriteLine($"test page: {testPage}?writeKey={stack.Secrets.WebWriteKey}#apiToken={stack.Secrets.ApiToken}");
        }
        Console.WriteLine();
        Console.WriteLine($"ready after {elapsed.TotalSeconds:F1} s; Ctrl-C stops");
        if (stack.Services is null) return;
        const string Body = """{"userId":"u1","traits":{"name":"Ada"}}""";
        var send = $"curl -u {stack.Secrets.WriteKey}: {stack.Services.Url("ingestion")}/v1/identify -d '{Body}'";
        var read = $"curl -H 'Authorization: Bearer {stack.Secrets.ApiToken}' {stack.Services.Url("profiles")}/v1/profiles/user_id/u1";
        Console.WriteLine("Next, send an event and read the profile that it creates (in another terminal):");
        Console.WriteLine($"  {send} && sleep 1 && {read}");
    }
}
