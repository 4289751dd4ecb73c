using System.Diagnostics;
using Cdp.Chaos.Processes;
using Cdp.Chaos.Sending;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos.Faults;

/// <summary>How long it took after the end of a fault until new events were processed end to end.</summary>
public sealed record Recovery(PlannedFault Fault, TimeSpan Took);

/// <summary>What an operator does during a run.</summary>
public sealed record OperatorActions(Unmerges Unmerges, Rebuilds Rebuilds, Garbage Garbage);

/// <summary>Injects the planned faults while events are sent: one fault after each equal share of them.</summary>
public sealed class FaultInjector(Installation installation, Sender sender, Canaries canaries, OperatorActions operators, Outages outages, int seed)
{
    private const int ConcurrentUnmerges = 8;

    private static readonly TimeSpan ShutdownBound = TimeSpan.FromSeconds(60), RegistryBound = TimeSpan.FromMinutes(2);

    private readonly List<Recovery> _recoveries = [];
    private readonly List<ManagedProcess> _added = [];
    private readonly Random _random = new(seed);

    public IReadOnlyList<Recovery> Recoveries => _recoveries;

    /// <summary>Instances that did not exit cleanly on SIGTERM.</summary>
    public List<string> FailedShutdowns { get; } = [];

    public async Task RunAsync(IReadOnlyList<PlannedFault> plan, CancellationToken stopping)
    {
        var entries = sender.EntryCount;
        for (var i = 0; i < plan.Count; i++)
        {
            // Two shares ahead, so that there is work while the installation recovers, and some left for the next fault.
            sender.SendLimit = entries * (i + 2) / (plan.Count + 1);
            while (sender.AnsweredCount < entries * (i + 1) / (plan.Count + 1)) await Task.Delay(10, stopping);
            var detail = await InjectAsync(plan[i], stopping);
            var since = Stopwatch.GetTimestamp();
            await canaries.ProbeAsync(stopping);
            var took = Stopwatch.GetElapsedTime(since);
            _recoveries.Add(new Recovery(plan[i], took));
            Console.WriteLine(
                $"{DateTime.UtcNow:HH:mm:ss.fff} {plan[i].Name} {detail} after {sender.AnsweredCount:N0} events; recovered in {took.TotalSeconds:0.0} s");
        }
        sender.SendLimit = int.MaxValue;
    }

    /// <summary>Kills an instance and starts it again.</summary>
    public Task KillAsync(string kind, CancellationToken stopping) => KillAsync(Any(kind), TimeSpan.Zero, stopping);

    /// <returns>What the fault was done to, for the log line.</returns>
    private async Task<string> InjectAsync(PlannedFault fault, CancellationToken stopping)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                return await KillAsync(Any(fault.Target), fault.Duration, stopping);
            case FaultKind.LoseWrites:
                var redis = Any(fault.Target);
                await AppendOnlyFile.CutAsync(Path.Combine(installation.Folder, "redis"), redis.Kill, stopping);
                await Task.Delay(fault.Duration, stopping);
                redis.Start();
                return redis.Name;
            case FaultKind.Suspend:
                return await SuspendAsync([Any(fault.Target)], fault.Duration, stopping);
            case FaultKind.Lag:
                return await SuspendAsync([.. All(fault.Target)], fault.Duration, stopping);
            case FaultKind.Add:
                var added = installation.Add(fault.Target);
                _added.Add(added);
                return added.Name;
            case FaultKind.Remove:
                return await RemoveAsync(fault.Target);
            case FaultKind.Replace:
                // Not an instance that was added, because a later fault removes it by its name.
                ManagedProcess[] candidates = [.. All(fault.Target).Except(_added)];
                var replaced = candidates[_random.Next(candidates.Length)];
                replaced.Kill();
                await Task.Delay(fault.Duration, stopping);
                return $"{replaced.Name} with {installation.Replace(replaced).Name}";
            case FaultKind.RegistryErrors:
                return await FailRegistryAsync(fault, stopping);
            case FaultKind.RedisErrors:
                await RedisErrors.InjectAsync(fault.Target, Any("redis"), installation.RedisEndpoint, fault.Duration, stopping);
                return fault.Target;
            case FaultKind.FailOver:
                return $"of a shard that lost {await installation.Cluster!.FailOverAsync(_random, fault.Duration, stopping):N0} bytes";
            case FaultKind.Unmerge:
                // Half of them undisturbed, so that there are some splits; the rest while an instance is killed.
                await operators.Unmerges.RequestAsync(ConcurrentUnmerges / 2, stopping);
                var requests = operators.Unmerges.RequestAsync(ConcurrentUnmerges, stopping);
                await Task.WhenAny(requests, Task.Delay(fault.Duration, stopping));
                var killed = await KillAsync(Any(fault.Target), TimeSpan.Zero, stopping);
                await requests;
                return $"while {killed} was killed";
            case FaultKind.Rebuild:
                await operators.Rebuilds.StartAsync(fault.Target, stopping);
                return fault.Target;
            case FaultKind.Garbage:
                await operators.Garbage.WriteAsync(stopping);
                return "in every topic";
            case FaultKind.Outage:
                return await outages.FailUntilSuspendedAsync(fault.Duration, stopping);
            case FaultKind.PartialOutage:
                return await outages.FailUntilParkedAsync(fault.Duration, stopping);
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, null);
        }
    }

    // A running service already knows the schemas. Each error therefore lasts until a starting instance has received it.
    private async Task<string> FailRegistryAsync(PlannedFault fault, CancellationToken stopping)
    {
        string[] errors = [.. Switches.RegistryErrors];
        _random.Shuffle(errors);
        var process = Any(fault.Target);
        process.Kill();
        try
        {
            foreach (var error in errors)
            {
                var before = installation.Registry.CountOf(error);
                installation.Registry.Fail(error);
                if (!process.ShouldRun) process.Start();
                await Wait.UntilAsync(
                    () => Task.FromResult(installation.Registry.CountOf(error) > before), RegistryBound, $"{process.Name} asks the registry", stopping);
                await Task.Delay(fault.Duration, stopping);
            }
            return $"{string.Join(", ", errors)} while {process.Name} starts";
        }
        finally
        {
            installation.Registry.Fail(null);
        }
    }

    private static async Task<string> KillAsync(ManagedProcess process, TimeSpan downtime, CancellationToken stopping)
    {
        process.Kill();
        await Task.Delay(downtime, stopping);
        process.Start();
        return process.Name;
    }

    private static async Task<string> SuspendAsync(IReadOnlyList<ManagedProcess> processes, TimeSpan duration, CancellationToken stopping)
    {
        foreach (var process in processes) process.Suspend();
        await Task.Delay(duration, stopping);
        foreach (var process in processes) process.Resume();
        return string.Join(", ", processes.Select(process => process.Name));
    }

    private async Task<string> RemoveAsync(string kind)
    {
        var process = _added.FirstOrDefault(added => added.Kind == kind) ?? throw new InvalidOperationException($"no instance of {kind} was added");
        await installation.ReleaseAsync(process);
        _added.Remove(process);
        if (await process.TerminateAsync(ShutdownBound) is var code and not 0)
        {
            var outcome = code is null ? $"did not exit within {ShutdownBound.TotalSeconds:0} s of SIGTERM" : $"exited with {code} on SIGTERM";
            FailedShutdowns.Add($"{process.Name} {outcome}");
        }
        return process.Name;
    }

    private IEnumerable<ManagedProcess> All(string kind) => installation.Processes.Where(process => process.Kind == kind);

    private ManagedProcess Any(string kind)
    {
        ManagedProcess[] processes = [.. All(kind)];
        return processes[_random.Next(processes.Length)];
    }
}
