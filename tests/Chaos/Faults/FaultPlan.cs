using Cdp.Chaos.Processes;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos.Faults;

/// <summary>What is done to the installation.</summary>
public enum FaultKind
{
    /// <summary>SIGKILL, then a restart under the same name.</summary>
    Kill,

    /// <summary>SIGKILL of Redis, then a restart without the writes of its last second, as after a power failure.</summary>
    LoseWrites,

    /// <summary>SIGSTOP for longer than the Kafka session timeout, then SIGCONT.</summary>
    Suspend,

    /// <summary>SIGSTOP of every instance for longer than the lifetime of claims, then SIGCONT.</summary>
    Lag,

    /// <summary>Start one more instance.</summary>
    Add,

    /// <summary>SIGTERM to an instance that was added.</summary>
    Remove,

    /// <summary>SIGKILL, then an instance under a name never used before, as on a platform that names instances at random.</summary>
    Replace,

    /// <summary>The registry answers with errors while a service starts.</summary>
    RegistryErrors,

    /// <summary>Redis answers with errors.</summary>
    RedisErrors,

    /// <summary>A shard of the Redis Cluster fails over to a replica that lacks the last writes.</summary>
    FailOver,

    /// <summary>An operator takes devices out of their profiles while an instance is killed.</summary>
    Unmerge,

    /// <summary>An operator rebuilds the profiles; the next faults happen while the rebuild runs.</summary>
    Rebuild,

    /// <summary>Unreadable records in every topic that a service reads.</summary>
    Garbage,

    /// <summary>A destination answers errors only, until fan-out stops sending; an instance that has stopped is killed.</summary>
    Outage,

    /// <summary>A destination answers errors for some profiles; an instance of fan-out is killed while their events wait to be sent again.</summary>
    PartialOutage,
}

/// <summary>One fault of the plan.</summary>
/// <param name="Kind">The kind of fault.</param>
/// <param name="Target">The kind of process that it affects; for Redis errors, the error; for rebuilds, the mode.</param>
/// <param name="Duration">How long the process is down or the error lasts.</param>
public sealed record PlannedFault(FaultKind Kind, string Target, TimeSpan Duration)
{
    /// <summary>The kind as printed.</summary>
    public string Name => EnumText.Words(Kind);
}

/// <summary>The parts of the infrastructure that may fail.</summary>
/// <param name="Killable">The kinds of processes that may be killed.</param>
/// <param name="RedisErrors">The errors that Redis may answer with.</param>
/// <param name="HasRedisCluster">Whether Redis is a cluster, so that shards can fail over.</param>
public sealed record FaultScope(IReadOnlyList<string> Killable, IReadOnlyList<string> RedisErrors, bool HasRedisCluster)
{
    public static FaultScope For(ChaosOptions options)
    {
        if (options.Cluster is not null) return new FaultScope([], [], false);
        if (options.HasRedisCluster) return new FaultScope(["broker", RedisCluster.Kind], [], true);
        return ChaosOptions.RedisServer is null ? new FaultScope(["broker"], [], false) : new FaultScope(["broker", "redis"], Faults.RedisErrors.All, false);
    }
}

/// <summary>Derives the faults of a run from its seed.</summary>
public static class FaultPlan
{
    // A run with fewer kills is too short to include a lag of minutes and every Redis error.
    private const int MinKillsForEveryKind = 10;

    /// <summary>The kinds of processes of the product.</summary>
    private static readonly string[] Services = ["ingestion", "validation", "identity", "profiles", "fanout"];

    private static readonly string[] Consumers = ["validation", "identity", "profiles", "fanout"];

    /// <param name="seed">Determines kinds, order and durations.</param>
    /// <param name="kills">The number of kills. The number of other faults is proportional, with at least one of each kind.</param>
    /// <param name="scope">The parts of the infrastructure that may fail.</param>
    /// <param name="lag">How long validation has to be suspended for claims to expire.</param>
    public static IReadOnlyList<PlannedFault> Create(int seed, int kills, FaultScope scope, TimeSpan lag)
    {
        if (kills == 0) return [];
        var random = new Random(seed);
        var hasEveryKind = kills >= MinKillsForEveryKind;
        var plan = new List<PlannedFault>();
        foreach (var target in InTurn(kills, [.. Services, .. scope.Killable]))
        {
            var kind = target == "redis" && random.Next(3) > 0 ? FaultKind.LoseWrites : FaultKind.Kill;
            plan.Add(new PlannedFault(kind, target, TimeSpan.FromSeconds(random.NextDouble() * 2)));
        }
        if (hasEveryKind && !plan.Exists(fault => fault.Kind == FaultKind.LoseWrites) && plan.FindIndex(fault => fault.Target == "redis") is >= 0 and var redis)
        {
            plan[redis] = plan[redis] with { Kind = FaultKind.LoseWrites };
        }
        // The session timeout is 10 s.
        InsertInTurn(FaultKind.Suspend, Share(5), Consumers, () => 12 + random.NextDouble() * 4);
        InsertInTurn(FaultKind.Replace, Share(10), Services, random.NextDouble);
        InsertInTurn(FaultKind.RegistryErrors, Share(10), Consumers, random.NextDouble);
        InsertInTurn(FaultKind.RedisErrors, Share(5, scope.RedisErrors.Count), scope.RedisErrors, () => 1 + random.NextDouble() * 4);
        InsertInTurn(FaultKind.Unmerge, Share(5), ["profiles", "identity"], () => random.NextDouble() * 3);
        InsertInTurn(FaultKind.Rebuild, Share(20, 2), ["", "switch"], () => 0);
        InsertInTurn(FaultKind.Garbage, Share(20), [""], () => 0);
        InsertInTurn(FaultKind.Outage, Share(20), ["fanout"], () => 2 + random.NextDouble() * 2);
        InsertInTurn(FaultKind.PartialOutage, Share(10), ["fanout"], random.NextDouble);
        if (scope.HasRedisCluster) InsertInTurn(FaultKind.FailOver, Share(5), ["redis"], () => 1 + random.NextDouble());
        if (hasEveryKind) Insert(new PlannedFault(FaultKind.Lag, "validation", lag));
        for (var i = 0; i < Share(10); i++)
        {
            var kind = Consumers[random.Next(Consumers.Length)];
            var at = Insert(new PlannedFault(FaultKind.Add, kind, TimeSpan.Zero));
            plan.Insert(random.Next(at + 1, plan.Count + 1), new PlannedFault(FaultKind.Remove, kind, TimeSpan.Zero));
        }
        return plan;

        int Share(int killsPerFault, int minimum = 1) => Math.Max((kills + killsPerFault - 1) / killsPerFault, hasEveryKind ? minimum : 1);

        void InsertInTurn(FaultKind kind, int count, IReadOnlyList<string> targets, Func<double> seconds)
        {
            foreach (var target in InTurn(count, targets)) Insert(new PlannedFault(kind, target, TimeSpan.FromSeconds(seconds())));
        }

        // Each target once before any target is repeated.
        IEnumerable<string> InTurn(int count, IReadOnlyList<string> targets)
        {
            var turns = new List<string>();
            while (turns.Count < count && targets.Count > 0)
            {
                string[] round = [.. targets];
                random.Shuffle(round);
                turns.AddRange(round);
            }
            return turns.Take(count);
        }

        int Insert(PlannedFault fault)
        {
            var at = random.Next(plan.Count + 1);
            plan.Insert(at, fault);
            return at;
        }
    }
}
