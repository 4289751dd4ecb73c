using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>A broker stops whatever its clients are doing, although its clock stands still and none of their requests would ever end.</summary>
[Trait("tier", "integration")]
public sealed class StopTests : IDisposable
{
    private const int Large = 900_000;
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_AllKindsOfRequestsInProgress_NeedsNoClock(bool killed)
    {
        var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = _directory.Path, TimeProvider = new FakeTime() }, cancel: TestContext.Current.CancellationToken);
        using var first = new RawClient(broker.Port);
        await first.Call<CreateTopicsResponse>(
            ApiKey.CreateTopics, 2, new CreateTopicsRequest { Topics = [new CreatableTopic { Name = "t", NumPartitions = 1, ReplicationFactor = 1 }] });
        for (var i = 0; i < 10; i++) await first.Call<ProduceResponse>(ApiKey.Produce, 3, Produce());

        byte[][] underWay =
        [
            RawClient.Request(ApiKey.Fetch, 4, 1, Fetch(maxBytes: int.MaxValue, minBytes: 1), flexible: false), // a response that is never read
            RawClient.Request(ApiKey.Fetch, 4, 1, Fetch(maxBytes: 1000, minBytes: int.MaxValue), flexible: false), // a long poll
            RawClient.Request(ApiKey.JoinGroup, 1, 1, Join(), flexible: false), // a member that waits for others
            RawClient.Request(ApiKey.Produce, 3, 1, Produce(), flexible: false),
        ];
        var clients = Enumerable.Range(0, 40).Select(_ => new RawClient(broker.Port)).ToList();
        for (var i = 0; i < clients.Count; i++) await clients[i].SendFrame(underWay[i % underWay.Length]);
        await first.Send([0, 0, 1, 0, 0]); // a request that is never sent completely

        var ending = killed ? Task.Run(broker.Kill, TestContext.Current.CancellationToken) : broker.DisposeAsync().AsTask();
        await ending.WaitAsync(Client.Limit, TestContext.Current.CancellationToken);

        await Wait.Until(() => broker.Connections == 0);
        clients.ForEach(client => client.Dispose());
    }

    private static ProduceRequest Produce()
    {
        var batch = new PartitionProduceData { Records = new Records(SampleBatches.Plain(valueBytes: Large), default) };
        return new ProduceRequest { Acks = -1, TopicData = [new TopicProduceData { Name = "t", PartitionData = [batch] }] };
    }

    private static FetchRequest Fetch(int maxBytes, int minBytes) => new()
    {
        MaxWaitMs = int.MaxValue,
        MinBytes = minBytes,
        Topics = [new FetchTopic { Topic = "t", Partitions = [new FetchPartition { PartitionMaxBytes = maxBytes }] }],
    };

    private static JoinGroupRequest Join() => new()
    {
        GroupId = "g",
        SessionTimeoutMs = 10_000,
        RebalanceTimeoutMs = 300_000,
        ProtocolType = "consumer",
        Protocols = [new JoinGroupProtocol { Name = "range" }],
    };
}
