using System.Diagnostics;
using Cdp.Chaos.Machines;
using Cdp.Chaos.Sending;

namespace Cdp.Chaos.Faults;

/// <summary>How long the whole way took to work again after a fault, counted from the restart.</summary>
public sealed record Recovery(Deed Deed, string Kind, TimeSpan Took);

/// <summary>Carries the plan out while events are sent: one fault for each equal share of them.</summary>
public sealed class Mischief(Installation installation, Sender sender, Canaries canaries, int entries, int seed)
{
    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(60);

    private readonly List<Recovery> _recoveries = [];
    private readonly List<Machine> _added = [];
    private readonly Random _random = new(seed);

    public IReadOnlyList<Recovery> Recoveries => _recoveries;

    /// <summary>Instances that did not end as they should when they were told to.</summary>
    public List<string> BadEnds { get; } = [];

    public async Task CarryOutAsync(IReadOnlyList<Planned> plan, CancellationToken stopping)
    {
        for (var i = 0; i < plan.Count; i++)
        {
            // Two shares ahead: there is work while the installation recovers, and some left for the next fault.
            sender.Allowed = entries * (i + 2) / (plan.Count + 1);
            while (sender.Done < entries * (i + 1) / (plan.Count + 1)) await Task.Delay(10, stopping);
            await DoAsync(plan[i], stopping);
        }
        sender.Allowed = int.MaxValue;
    }

    private async Task DoAsync(Planned planned, CancellationToken stopping)
    {
        var machine = planned.Deed switch
        {
            Deed.Add => null,
            Deed.Remove => _added.FirstOrDefault(added => added.Kind == planned.Kind) ?? throw new InvalidOperationException($"no instance of {planned.Kind} was added"),
            _ => Any(planned.Kind),
        };
        switch (planned.Deed)
        {
            case Deed.Kill:
                machine!.Kill();
                await Task.Delay(planned.Away, stopping);
                machine.Start();
                break;
            case Deed.Forget:
                await AppendOnlyFile.CutAsync(Path.Combine(installation.Folder, "redis"), machine!.Kill, stopping);
                await Task.Delay(planned.Away, stopping);
                machine.Start();
                break;
            case Deed.Stop:
                machine!.Stop();
                await Task.Delay(planned.Away, stopping);
                machine.Continue();
                break;
            case Deed.Add:
                _added.Add(machine = installation.Add(char.ToUpperInvariant(planned.Kind[0]) + planned.Kind[1..]));
                break;
            default:
                await installation.RemoveAsync(machine!);
                _added.Remove(machine!);
                if (await machine!.EndAsync(EndBound) is var code and not 0) BadEnds.Add($"{machine.Name} was told to end and {(code is null ? "did not within a minute" : $"ended with {code}")}");
                break;
        }
        var since = Stopwatch.GetTimestamp();
        await canaries.FlyAsync(stopping);
        var took = Stopwatch.GetElapsedTime(since);
        _recoveries.Add(new Recovery(planned.Deed, planned.Kind, took));
        Console.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {planned.Deed.ToString().ToLowerInvariant()} {machine!.Name} after {sender.Done:N0}; all readable {took.TotalSeconds:0.0} s later");
    }

    private Machine Any(string kind)
    {
        Machine[] machines = [.. installation.Machines.Where(machine => machine.Kind == kind)];
        return machines[_random.Next(machines.Length)];
    }
}
