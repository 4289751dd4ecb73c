using System.Globalization;
using Cdp.Benchmarks.Broker;
using Cdp.Benchmarks.Fanout;
using Cdp.Benchmarks.Functions;
using Cdp.Benchmarks.Identity;
using Cdp.Benchmarks.Ingestion;
using Cdp.Benchmarks.Mapping;
using Cdp.Benchmarks.Pipeline;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Profiles;
using Cdp.Benchmarks.Reporting;
using Cdp.Hosting.Process;

const string Usage = """
    usage: dotnet run -c Release --project tests/Benchmarks -- ingestion|identity|profiles|pipeline|fanout|broker|mapping|functions [options]
    ingestion: ingestion against the bare Kafka client and an empty endpoint
      --seconds N   length of each measured run (10)
      --rounds N    runs of each kind, alternating; the median counts (3)
      --bytes N     size of an event as JSON (400)
      --batch N     events per request (100)
      --import-gigabytes N  size of the file that is imported while memory is watched (2)
      --outage [N]  then stop Kafka for N seconds under load (60)
    identity: resolver and linker against a bare transactional copy of the same records
      --events N    events per round (200000)
      --rounds N    rounds of each kind, alternating with the copy; the median counts (3)
      --bytes N     size of an event as JSON (400)
    profiles: folding against a bare transactional copy, with few and with many profiles; restoring; the profile API
      --events N, --rounds N, --bytes N  as above
      --few N       number of profiles at first, and of profiles that get events (10000)
      --many N      number of profiles in the end, at least twice --few (1000000)
      --rate N      requests per second to the API (1000)
      --seconds N   duration of the requests (20)
    pipeline: events through all services, each a separate process
      --events N    events to send through the pipeline, twice (200000)
      --users N     users that they belong to (20000)
      --bytes N     size of an event as JSON (400)
      --batch N     events per request (100)
      --connections N  concurrent senders (8)
      --seconds N   length of the steady run at 1,000 events/s (20)
      --kill        SIGKILL and restart each service once during the run of the whole pipeline
    fanout: deliveries to webhooks against the bare HTTP client, and what must not disturb them
      --events N    events per run (50000)
      --parked N    profiles that wait in the retry topic (100000)
      --seconds N   duration of the steady runs with ten destinations (30)
    broker: the embedded broker, in a separate process
      --records N   records of a measured run (2000000)
      --bytes N     size of a record (400)
      --partitions N  (6)
      --gigabytes N data to pass through while memory is watched (5)
      --against HOST:PORT  another cluster to measure in the same run
    mapping: conditions, a filter, a mapping and its fields against reading and writing the same event as JSON, in CPU time
      --events N    events per round (200000)
      --rounds N    rounds; the median counts (5)
    functions: a user's function in process and in a worker, against reading and writing the same JSON
      --events N    events per round (50000)
      --rounds N    rounds of each kind, alternating; the median counts (3)
      --bytes N     size of an event as JSON (600)
      --batch N     events per batch (100)
    --save          write the output, with machine and commit, to tests/Benchmarks/results
    CDP_TEST_REDIS=HOST:PORT  an empty Redis for identity, profiles and pipeline, instead of the embedded one
    """;

using var results = args.Contains("--save") ? ResultFile.Begin() : null;
string[] arguments = [.. args];
args = [.. args.Where(argument => argument != "--save")];
try
{
    var code = await RunAsync();
    if (results is not null && code != 2) Console.Error.WriteLine($"saved {results.Save(args[0], arguments)}");
    return code;
}
catch (FormatException e)
{
    Console.Error.WriteLine($"{e.Message}\n{Usage}");
    return 2;
}

async Task<int> RunAsync()
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
            return await IdentityBench.RunAsync(new IdentityBenchOptions
            {
                Events = Number("--events", 200_000),
                Rounds = Number("--rounds", 3),
                Bytes = Number("--bytes", 400),
            }) ? 0 : 1;
        case ["profiles", ..]:
            return await ProfilesBench.RunAsync(new ProfilesBenchOptions
            {
                Events = Number("--events", 200_000),
                Rounds = Number("--rounds", 3),
                Bytes = Number("--bytes", 400),
                Few = Number("--few", 10_000),
                Many = Number("--many", 1_000_000) is var many && many >= 2 * Number("--few", 10_000)
                    ? many
                    : throw new FormatException("--many must be at least twice --few"),
                Rate = Number("--rate", 1_000),
                Seconds = Number("--seconds", 20),
            }) ? 0 : 1;
        case ["pipeline", ..]:
            return await PipelineBench.RunAsync(new PipelineOptions
            {
                Events = Number("--events", 200_000),
                Users = Number("--users", 20_000),
                Bytes = Number("--bytes", 400),
                Batch = Number("--batch", 100),
                Connections = Number("--connections", 8),
                Seconds = Number("--seconds", 20),
                Kill = args.Contains("--kill"),
            }) ? 0 : 1;
        case ["fanout", ..]:
            return await new FanoutBench(new FanoutBenchOptions
            {
                Events = Number("--events", 50_000),
                Parked = Number("--parked", 100_000),
                Seconds = Number("--seconds", 30),
            }).RunAsync() ? 0 : 1;
        case ["broker", ..]:
            await BrokerBench.RunAsync(new BrokerOptions
            {
                Records = Number("--records", 2_000_000),
                Bytes = Number("--bytes", 400),
                Partitions = Number("--partitions", 6),
                Gigabytes = Number("--gigabytes", 5),
                Against = Array.IndexOf(args, "--against") is var at and >= 0
                    ? args.ElementAtOrDefault(at + 1) ?? throw new FormatException("--against needs host:port")
                    : null,
            });
            return 0;
        case ["mapping", ..]:
            return new MappingBench(new MappingBenchOptions { Events = Number("--events", 200_000), Rounds = Number("--rounds", 5) }).Run() ? 0 : 1;
        case ["functions", ..]:
            return await FunctionsBench.RunAsync(new FunctionsBenchOptions
            {
                Events = Number("--events", 50_000),
                Rounds = Number("--rounds", 3),
                Bytes = Number("--bytes", 600),
                Batch = Number("--batch", 100),
            }) ? 0 : 1;
        case ["empty-endpoint", ..]:
            return await CdpHost.RunAsync(EmptyEndpoint.Service, args[1..]);
        case ["broker-process", var data, var port]:
            return await BrokerProcess.ServeAsync(data, int.Parse(port, CultureInfo.InvariantCulture));
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}

int Number(string name, int otherwise) => Array.IndexOf(args, name) is var at && at < 0
    ? otherwise
    : at + 1 < args.Length && int.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
        ? number
        : throw new FormatException($"{name} must be a whole number above 0");
