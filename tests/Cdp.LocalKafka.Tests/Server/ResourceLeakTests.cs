using System.Diagnostics;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>Not in parallel with other tests, because it counts resources of the whole process.</summary>
[CollectionDefinition(nameof(ResourceLeakTests), DisableParallelization = true)]
[Trait("tier", "integration")]
public sealed class ResourceLeakCollection;

/// <summary>A broker leaves nothing but its files behind.</summary>
[Collection(nameof(ResourceLeakTests))]
[Trait("tier", "integration")]
public sealed class ResourceLeakTests : IDisposable
{
    // Less than one per broker, and more than the noise from other parts of the process.
    private const int Slack = 10;
    private const int Brokers = 50;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_FiftyBrokersWithLiveClients_LeaksNoHandleTimerOrThread(bool killed)
    {
        await Live(0, killed); // so that everything that the process creates only once already exists
        var before = Held();
        var port = Ports.Reusable();
        for (var i = 0; i < Brokers; i++) await Live(port, killed);

        await Wait.Until(
            () => Held() is var held && held.Files <= before.Files + Slack && held.Timers <= before.Timers + Slack && held.Threads <= before.Threads + Slack);
    }

    [Fact]
    public async Task Connection_Idle_HoldsNoBuffer()
    {
        const int connections = 400;
        await using var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = _directory.Path }, cancel: TestContext.Current.CancellationToken);
        var clients = new List<RawClient>();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < connections; i++)
        {
            clients.Add(new RawClient(broker.Port));
            await clients[i].Call<ApiVersionsResponse>(ApiKey.ApiVersions, 0, new ApiVersionsRequest());
        }
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / connections;
        clients.ForEach(client => client.Dispose());

        TestContext.Current.TestOutputHelper!.WriteLine($"{each} bytes for each idle connection, including its client in the same process");
        Assert.True(each < 8 * 1024, $"{each} bytes each");
    }

    /// <summary>The whole life of a broker, on the port of the previous one. When it stops, clients with every kind of waiting request are connected.</summary>
    private async Task Live(int port, bool killed)
    {
        var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = _directory.Path, Port = port }, cancel: TestContext.Current.CancellationToken);
        using var producing = new RawClient(broker.Port);
        using var fetching = new RawClient(broker.Port);
        using var joining = new RawClient(broker.Port);
        await producing.Call<CreateTopicsResponse>(
            ApiKey.CreateTopics, 2, new CreateTopicsRequest { Topics = [new CreatableTopic { Name = "t", NumPartitions = 1, ReplicationFactor = 1 }] });
        var batch = new PartitionProduceData { Records = new Records(SampleBatches.Plain(), default) };
        await producing.Call<ProduceResponse>(
            ApiKey.Produce, 3, new ProduceRequest { Acks = -1, TopicData = [new TopicProduceData { Name = "t", PartitionData = [batch] }] });
        var fetch = new FetchRequest
        {
            MaxWaitMs = int.MaxValue,
            MinBytes = int.MaxValue,
            Topics = [new FetchTopic { Topic = "t", Partitions = [new FetchPartition { PartitionMaxBytes = 1000 }] }],
        };
        await fetching.SendFrame(RawClient.Request(ApiKey.Fetch, 4, 1, fetch, flexible: false));
        var join = new JoinGroupRequest
        {
            GroupId = "g",
            SessionTimeoutMs = 10_000,
            RebalanceTimeoutMs = 300_000,
            ProtocolType = "consumer",
            Protocols = [new JoinGroupProtocol { Name = "range" }],
        };
        await joining.SendFrame(RawClient.Request(ApiKey.JoinGroup, 1, 1, join, flexible: false));

        if (killed) broker.Kill();
        else await broker.DisposeAsync().AsTask().WaitAsync(Client.Limit, TestContext.Current.CancellationToken);
        Assert.Null(await fetching.Receive());
    }

    private static (int Files, long Timers, int Threads) Held()
    {
        using var process = Process.GetCurrentProcess();
        return (Directory.GetFileSystemEntries("/proc/self/fd").Length, Timer.ActiveCount, process.Threads.Count);
    }
}
