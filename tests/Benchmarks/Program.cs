using System.Globalization;
using Cdp.Benchmarks;
using Cdp.Hosting;

const string Usage = """
    usage: dotnet run -c Release --project tests/Benchmarks -- ingestion|identity|profiles|pipeline|broker [options]
    ingestion: the front door beside the bare Kafka client and an empty endpoint
      --seconds N   length of each measured run (10)
      --rounds N    runs of each kind, in turns; the median counts (3)
      --bytes N     size of an event as JSON (400)
      --batch N     events a request (100)
      --import-gigabytes N  size of the file imported while memory is watched (2)
      --outage [N]  then Kafka is away for N seconds under load (60)
    identity: resolver and linker beside a bare transactional copy of the same records
      --events N    events of a round (200000)
      --rounds N    rounds of each kind, in turns with the copy; the median counts (3)
      --bytes N     size of an event as JSON (400)
    profiles: folding beside a bare transactional copy, with few and with many profiles; restoring; the profile API
      --events N, --rounds N, --bytes N  as above
      --few N       profiles at first, and how many get events (10000)
      --many N      profiles in the end, twice as many or more (1000000)
      --rate N      requests a second to the API (1000)
      --seconds N   how long (20)
    pipeline: events through all services, each a process of its own
      --events N    events to send through the pipeline, twice (200000)
      --users N     users they belong to (20000)
      --bytes N     size of an event as JSON (400)
      --batch N     events a request (100)
      --connections N  concurrent senders (8)
      --seconds N   length of the steady run at 1,000 events/s (20)
      --kill        SIGKILL and restart each service once during the whole-pipeline run
    broker: the embedded broker, a process of its own
      --records N   records of a measured run (2000000)
      --bytes N     size of a record (400)
      --partitions N  (6)
      --gigabytes N passed through while memory is watched (5)
      --against HOST:PORT  another cluster, measured in the same run
    CDP_TEST_REDIS=HOST:PORT  identity, profiles and pipeline use this empty Redis instead of the embedded one
    """;

try
{
    switch (args)
    {
        case ["ingestion", ..]:
            return await IngestionBench.RunAsync(new IngestionBenchOptions
            {
                Seconds = Number("--seconds", 10),
                Rounds = Number("--rounds", 3),
                Bytes = Number("--bytes", 400),
                Batch = Number("--batch", 100),
                ImportGigabytes = Number("--import-gigabytes", 2),
                Outage = !args.Contains("--outage") ? null : args[^1] == "--outage" ? 60 : Number("--outage", 60),
            }) ? 0 : 1;
        case ["identity", ..]:
            return await IdentityBench.RunAsync(new IdentityBenchOptions { Events = Number("--events", 200_000), Rounds = Number("--rounds", 3), Bytes = Number("--bytes", 400) }) ? 0 : 1;
        case ["profiles", ..]:
            return await ProfilesBench.RunAsync(new ProfilesBenchOptions
            {
                Events = Number("--events", 200_000),
                Rounds = Number("--rounds", 3),
                Bytes = Number("--bytes", 400),
                Few = Number("--few", 10_000),
                Many = Number("--many", 1_000_000) is var many && many >= 2 * Number("--few", 10_000) ? many : throw new FormatException("--many is less than twice --few"),
                Rate = Number("--rate", 1_000),
                Seconds = Number("--seconds", 20),
            }) ? 0 : 1;
        case ["pipeline", ..]:
            return await Pipeline.RunAsync(new PipelineOptions
            {
                Events = Number("--events", 200_000),
                Users = Number("--users", 20_000),
                Bytes = Number("--bytes", 400),
                Batch = Number("--batch", 100),
                Connections = Number("--connections", 8),
                Seconds = Number("--seconds", 20),
                Kill = args.Contains("--kill"),
            }) ? 0 : 1;
        case ["broker", ..]:
            await BrokerBench.RunAsync(new BrokerOptions
            {
                Records = Number("--records", 2_000_000),
                Bytes = Number("--bytes", 400),
                Partitions = Number("--partitions", 6),
                Gigabytes = Number("--gigabytes", 5),
                Against = Array.IndexOf(args, "--against") is var at and >= 0 ? args.ElementAtOrDefault(at + 1) ?? throw new FormatException("--against takes host:port") : null,
            });
            return 0;
        case ["empty-endpoint", ..]:
            return await CdpHost.RunAsync(EmptyEndpoint.Service, args[1..]);
        case ["broker-process", var data, var port]:
            return await BrokerProcess.ServeAsync(data, int.Parse(port, CultureInfo.InvariantCulture));
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
catch (FormatException e)
{
    Console.Error.WriteLine($"{e.Message}\n{Usage}");
    return 2;
}

int Number(string name, int otherwise) => Array.IndexOf(args, name) is var at && at < 0
    ? otherwise
    : at + 1 < args.Length && int.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
        ? number
        : throw new FormatException($"{name} takes a whole number above 0");
