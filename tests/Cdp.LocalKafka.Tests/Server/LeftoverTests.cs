using System.Diagnostics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Conformance;
using Cdp.LocalKafka.Tests.Log;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>Not beside other tests: it counts what the whole process holds.</summary>
[CollectionDefinition(nameof(LeftoverTests), DisableParallelization = true)]
public sealed class Alone;

/// <summary>What a broker leaves behind when it ends: nothing but its files.</summary>
[Collection(nameof(LeftoverTests))]
public sealed class LeftoverTests : IDisposable
{
    // Less than one for each broker, more than what other parts of the process come and go by.
    private const int Slack = 10;
    private const int Brokers = 50;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task End_OfFiftyBrokersWithLiveClients_LeavesNoHandleTimerOrThread(bool killed)
    {
        await Live(0, killed); // so that what the process makes once is there
        var before = Held();
        var port = Ports.ToReturnTo();
        for (var i = 0; i < Brokers; i++) await Live(port, killed);

        await Wait.Until(() => Held() is var held && held.Files <= before.Files + Slack && held.Timers <= before.Timers + Slack && held.Threads <= before.Threads + Slack);
    }

    [Fact]
    public async Task Connection_ThatIsIdle_HoldsNoBuffer()
    {
        const int connections = 400;
        await using var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _directory.Path }, cancel: TestContext.Current.CancellationToken);
        var clients = new List<RawClient>();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < connections; i++)
        {
            clients.Add(new RawClient(broker.Port));
            await clients[i].Ask<ApiVersionsResponse>(ApiKey.ApiVersions, 0, new ApiVersionsRequest());
        }
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / connections;
        clients.ForEach(client => client.Dispose());

        TestContext.Current.TestOutputHelper!.WriteLine($"{each} bytes for each idle connection, its client in the same process included");
        Assert.True(each < 8 * 1024, $"{each} bytes each");
    }

    /// <summary>A broker's whole life, at once again on the port of the one before; clients of all kinds of waiting are there when it ends.</summary>
    private async Task Live(int port, bool killed)
    {
        var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _directory.Path, Port = port }, cancel: TestContext.Current.CancellationToken);
        using var producing = new RawClient(broker.Port);
        using var fetching = new RawClient(broker.Port);
        using var joining = new RawClient(broker.Port);
        await producing.Ask<CreateTopicsResponse>(ApiKey.CreateTopics, 2, new CreateTopicsRequest { Topics = [new CreatableTopic { Name = "t", NumPartitions = 1, ReplicationFactor = 1 }] });
        var batch = new PartitionProduceData { Records = new Records(Batches.Plain(), default) };
        await producing.Ask<ProduceResponse>(ApiKey.Produce, 3, new ProduceRequest { Acks = -1, TopicData = [new TopicProduceData { Name = "t", PartitionData = [batch] }] });
        var fetch = new FetchRequest { MaxWaitMs = int.MaxValue, MinBytes = int.MaxValue, Topics = [new FetchTopic { Topic = "t", Partitions = [new FetchPartition { PartitionMaxBytes = 1000 }] }] };
        await fetching.SendFrame(RawClient.Request(ApiKey.Fetch, 4, 1, fetch, flexible: false));
        var join = new JoinGroupRequest { GroupId = "g", SessionTimeoutMs = 10_000, RebalanceTimeoutMs = 300_000, ProtocolType = "consumer", Protocols = [new JoinGroupProtocol { Name = "range" }] };
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
