using System.Globalization;

namespace Cdp.Chaos.Settings;

/// <summary>The options of one run, from the command line and the environment.</summary>
public sealed record ChaosOptions
{
    /// <summary>The number of distinct events.</summary>
    public int Events { get; init; } = 20_000;

    /// <summary>The number of processes to kill. The number of other faults is proportional to it.</summary>
    public int Kills { get; init; } = 10;

    /// <summary>Decides the population and the fault plan. What a fault interrupts still depends on the machine's timing.</summary>
    public int Seed { get; init; } = Random.Shared.Next(1_000_000);

    /// <summary>The maximum number of events sent per second.</summary>
    public int Rate { get; init; } = 2_000;

    /// <summary>Above this number of events the self-check, which compares everything once per corruption, takes longer than the run.</summary>
    public const int MaxSelfChecked = 200_000;

    /// <summary>Run the self-check however many events there are.</summary>
    public bool ForcesSelfCheck { get; init; }

    /// <summary>Check after a run without mismatches that the ledger would have detected corruptions.</summary>
    public bool ChecksItself => ForcesSelfCheck || Events <= MaxSelfChecked;

    /// <summary>Keep the data and the logs of the run.</summary>
    public bool KeepsData { get; init; }

    /// <summary>Redis is a cluster of six processes; shards fail over and lose writes.</summary>
    public bool HasRedisCluster { get; init; }

    /// <summary>An existing cluster, of which no process is killed; null: the run starts its own.</summary>
    public (string Kafka, string Registry, string Redis)? Cluster { get; init; }

    /// <summary>The path of redis-server; null: not installed.</summary>
    public static string? RedisServer => new[] { "/usr/bin/redis-server", "/usr/local/bin/redis-server" }.FirstOrDefault(File.Exists);

    public const string Usage = """
        Sends a seeded population's events through all services while it kills, stops, adds and removes processes. Then compares everything in Kafka and Redis
        with the expected result. Exits with 1 if anything is lost, duplicated or wrong.

          --events N       distinct events (20000)
          --kills N        processes to kill (10)
          --seed N         decides the population and the fault plan (random)
          --rate N         maximum events sent per second (2000)
          --self-check     corrupt the outcome and check that it is noticed, also above 200000 events
          --keep           keep the data and the logs
          --redis-cluster  run Redis as a cluster of six processes whose shards fail over and lose writes

        CDP_TEST_KAFKA (bootstrap servers), CDP_TEST_REGISTRY (URL) and CDP_TEST_REDIS (host:port) name an existing cluster to
        run on; none of its processes is killed.
        """;

    /// <summary>Reports every error, not only the first.</summary>
    public static (ChaosOptions Options, IReadOnlyList<string> Errors) Parse(string[] args)
    {
        var (options, errors) = (new ChaosOptions(), new List<string>());
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--events" => options with { Events = Number(100) },
                "--kills" => options with { Kills = Number(0) },
                "--seed" => options with { Seed = Number(0) },
                "--rate" => options with { Rate = Number(1) },
                "--redis-cluster" => options with { HasRedisCluster = true },
                "--self-check" => options with { ForcesSelfCheck = true },
                "--keep" => options with { KeepsData = true },
                _ => Unknown(),
            };

            int Number(int minimum)
            {
                var name = args[i];
                if (++i < args.Length && int.TryParse(args[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum)
                {
                    return number;
                }
                errors.Add($"{name} needs a number of at least {minimum}");
                return minimum;
            }

            ChaosOptions Unknown()
            {
                errors.Add($"unknown option {args[i]}");
                return options;
            }
        }
        if (options.HasRedisCluster && Variable("CDP_TEST_KAFKA") is not null) errors.Add("--redis-cluster starts its own Redis Cluster; unset CDP_TEST_KAFKA");
        if (options.HasRedisCluster && RedisServer is null) errors.Add("--redis-cluster needs redis-server; install it");
        if (Variable("CDP_TEST_KAFKA") is not { } kafka) return (options, errors);
        var (registry, redis) = (Variable("CDP_TEST_REGISTRY"), Variable("CDP_TEST_REDIS"));
        if (registry is null) errors.Add("CDP_TEST_KAFKA is set; also set CDP_TEST_REGISTRY to the URL of that cluster's schema registry");
        if (redis is null) errors.Add("CDP_TEST_KAFKA is set; also set CDP_TEST_REDIS to host:port of a Redis");
        return (options with { Cluster = (kafka, registry ?? "", redis ?? "") }, errors);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
