using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Tests.Conformance;
using Cdp.LocalKafka.Tests.Support;

[assembly: AssemblyFixture(typeof(KafkaFixture))]

namespace Cdp.LocalKafka.Tests.Conformance;

/// <summary>
/// The cluster that the conformance tests use: the one <c>CDP_TEST_KAFKA</c> names, or else an embedded broker. The tests assert what Kafka
/// promises and cannot tell which of the two they run on. Topic and group names are unique to the run.
/// </summary>
public sealed class KafkaFixture : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly string _run = "t" + Guid.NewGuid().ToString("N")[..8];
    private readonly List<string> _topics = [];
    private LocalKafkaBroker? _broker;
    private int _names;

    public string Bootstrap { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("CDP_TEST_KAFKA") is { Length: > 0 } cluster)
        {
            Bootstrap = cluster;
            return;
        }
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _directory.Path });
        Bootstrap = _broker.BootstrapServers;
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is null)
        {
            using var admin = Client.Admin(Bootstrap);
            await admin.DeleteTopicsAsync(_topics);
        }
        else
        {
            await _broker.DisposeAsync();
        }
        _directory.Dispose();
    }

    public string Name(string what) => $"{_run}-{Interlocked.Increment(ref _names)}-{what}";

    public async Task<string> Topic(int partitions = 1, params (string Name, string Value)[] configs)
    {
        var name = Name("topic");
        using var admin = Client.Admin(Bootstrap);
        await Client.CreateTopic(admin, name, partitions, configs);
        // In a cluster it takes a moment until every node knows a new topic.
        await Wait.Until(
            () => Task.FromResult(
                admin.GetMetadata(name, Client.Limit).Topics is [{ Partitions: var known }] && known.Count(partition => partition.Leader >= 0) == partitions),
            $"{name} has leaders");
        lock (_topics) _topics.Add(name);
        return name;
    }
}
