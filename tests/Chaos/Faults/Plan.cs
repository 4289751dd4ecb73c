namespace Cdp.Chaos.Faults;

/// <summary>What is done to the installation.</summary>
public enum Deed
{
    /// <summary>SIGKILL, and a start under the same name.</summary>
    Kill,

    /// <summary>SIGKILL of Redis, and a start without what it wrote in its last second, as after a power failure.</summary>
    Forget,

    /// <summary>SIGSTOP for longer than its session lasts, and SIGCONT.</summary>
    Stop,

    /// <summary>One more instance.</summary>
    Add,

    /// <summary>SIGTERM to an instance that was added.</summary>
    Remove,
}

/// <summary>One fault: what is done to what, and for how long it is away.</summary>
public sealed record Planned(Deed Deed, string Kind, TimeSpan Away);

/// <summary>Which faults there will be, from the seed.</summary>
public static class Plan
{
    private static readonly string[] Services = ["ingestion", "validation", "identity", "profiles", "fanout"];
    private static readonly string[] Consumers = ["validation", "identity", "profiles", "fanout"];

    /// <param name="seed">Decides kinds, order and durations.</param>
    /// <param name="kills">How many kills.</param>
    /// <param name="infra">The parts of the infrastructure that may be killed.</param>
    public static IReadOnlyList<Planned> Of(int seed, int kills, IReadOnlyList<string> infra)
    {
        var random = new Random(seed);
        string[] kinds = [.. Services, .. infra];
        var plan = new List<Planned>();
        // Each kind once before any comes again.
        for (var left = kills; left > 0; left -= kinds.Length)
        {
            var round = (string[])kinds.Clone();
            random.Shuffle(round);
            plan.AddRange(round.Take(left).Select(kind => new Planned(kind == "redis" && random.Next(3) > 0 ? Deed.Forget : Deed.Kill, kind, TimeSpan.FromSeconds(random.NextDouble() * 2))));
        }
        for (var i = 0; i < (kills + 4) / 5; i++)
        {
            // The session lasts 10 s.
            Insert(new Planned(Deed.Stop, Consumers[random.Next(Consumers.Length)], TimeSpan.FromSeconds(12 + random.NextDouble() * 4)));
        }
        for (var i = 0; i < (kills + 9) / 10; i++)
        {
            var kind = Consumers[random.Next(Consumers.Length)];
            var at = Insert(new Planned(Deed.Add, kind, TimeSpan.Zero));
            plan.Insert(random.Next(at + 1, plan.Count + 1), new Planned(Deed.Remove, kind, TimeSpan.Zero));
        }
        return plan;

        int Insert(Planned planned)
        {
            var at = random.Next(plan.Count + 1);
            plan.Insert(at, planned);
            return at;
        }
    }
}
