using System.Globalization;

namespace Cdp.Chaos;

/// <summary>What the command line and the environment say.</summary>
public sealed record ChaosOptions
{
    public int Events { get; init; } = 20_000;

    /// <summary>How many processes are killed; a fifth as many are stopped for a while, and as many instances are added and removed.</summary>
    public int Kills { get; init; } = 10;

    /// <summary>Decides the population and the plan of the faults. When a fault hits what is under way is the machine's.</summary>
    public int Seed { get; init; } = Random.Shared.Next(1_000_000);

    /// <summary>Events a second that are sent at most.</summary>
    public int Rate { get; init; } = 2_000;

    /// <summary>Keep the data and the logs of the run.</summary>
    public bool IsKept { get; init; }

    /// <summary>An existing cluster, none of whose parts is killed; null: the run starts its own.</summary>
    public (string Kafka, string Registry, string Redis)? Cluster { get; init; }

    public const string Usage = """
        Sends a seeded population's events through all services, kills, stops, adds and removes them meanwhile, and holds everything that is left in the end
        against what it has to be. Exits 1 unless nothing is lost, double or wrong.

          --events N    different events (20000)
          --kills N     processes that are killed (10)
          --seed N      the population and the plan of the faults (any)
          --rate N      events a second that are sent at most (2000)
          --keep        keep the data and the logs

        CDP_TEST_KAFKA (bootstrap servers), CDP_TEST_REGISTRY (URL) and CDP_TEST_REDIS (host:port) name a cluster to run on; no part of it is killed.
        """;

    /// <summary>Every fault is told, not only the first.</summary>
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
                "--keep" => options with { IsKept = true },
                _ => Unknown(),
            };

            int Number(int least)
            {
                var name = args[i];
                if (++i < args.Length && int.TryParse(args[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least) return number;
                errors.Add($"{name} needs a number from {least}");
                return least;
            }

            ChaosOptions Unknown()
            {
                errors.Add($"unknown option {args[i]}");
                return options;
            }
        }
        if (Variable("CDP_TEST_KAFKA") is not { } kafka) return (options, errors);
        var (registry, redis) = (Variable("CDP_TEST_REGISTRY"), Variable("CDP_TEST_REDIS"));
        if (registry is null) errors.Add("CDP_TEST_KAFKA is set; set CDP_TEST_REGISTRY to the URL of that cluster's schema registry");
        if (redis is null) errors.Add("CDP_TEST_KAFKA is set; set CDP_TEST_REDIS to host:port of a Redis");
        return (options with { Cluster = (kafka, registry ?? "", redis ?? "") }, errors);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
