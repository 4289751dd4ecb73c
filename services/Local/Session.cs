using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Cdp.Local;

/// <summary>One run of Local, from its start to Ctrl-C or the failure of a service.</summary>
public static class Session
{
    public static async Task<int> RunAsync(LocalOptions options)
    {
        var clock = Stopwatch.StartNew();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

        await using var stack = await LocalStack.StartAsync(options);
        stack.Services?.OnStopping(() => stopping.TrySetResult());
        Describe(stack, options, clock.Elapsed);
        await stopping.Task;
        return stack.Services?.ExitCode ?? 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.TrySetResult();
        }
    }

    private static void Describe(LocalStack stack, LocalOptions options, TimeSpan elapsed)
    {
        if (stack.Services is { } services)
        {
            Console.WriteLine($"ingestion        {services.Url("ingestion")}");
            Console.WriteLine($"profile API      {services.Url("profiles")}");
            Console.WriteLine($"identity API     {services.Url("identity")}");
        }
        Console.WriteLine($"schema registry  {stack.Infra.Registry}");
        Console.WriteLine($"Kafka            {stack.Infra.Kafka}");
        Console.WriteLine($"Redis            {stack.Infra.Redis}");
        Console.WriteLine($"data             {Path.GetFullPath(options.DataDirectory)}");
        if (stack.Services is not null)
        {
            Console.WriteLine($"write key: {stack.Secrets.WriteKey}");
            Console.WriteLine($"API token: {stack.Secrets.ApiToken}");
            Console.WriteLine($"test page: {stack.Services.Url("ingestion")}{LocalServices.SdkPath}/test?writeKey={stack.Secrets.WebWriteKey}");
            Console.WriteLine();
            Console.WriteLine("Try it:");
            Console.WriteLine($"  curl -u {stack.Secrets.WriteKey}: {stack.Services.Url("ingestion")}/v1/identify -d '{{\"userId\":\"u1\",\"traits\":{{\"name\":\"Ada\"}}}}'");
            Console.WriteLine($"  curl -H 'Authorization: Bearer {stack.Secrets.ApiToken}' {stack.Services.Url("profiles")}/v1/profiles/user_id/u1");
            Console.WriteLine();
        }
        Console.WriteLine($"ready after {elapsed.TotalSeconds:F1} s; Ctrl-C stops");
    }
}
