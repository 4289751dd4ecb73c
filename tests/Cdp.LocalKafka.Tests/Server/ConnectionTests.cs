using System.Buffers.Binary;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>When a peer breaks the protocol, its own connection is closed and nothing else happens.</summary>
[Trait("tier", "integration")]
public sealed class ConnectionTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly LogLines _log = new();
    private LocalKafkaBroker _broker = null!;

    public async ValueTask InitializeAsync() =>
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _directory.Path }, _log);

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _directory.Dispose();
    }

    public static TheoryData<string, byte[]> BadFrames => new()
    {
        { "a negative length", [0xff, 0xff, 0xff, 0xff] },
        { "a length beyond the bound", [0x7f, 0xff, 0xff, 0xff] },
        { "too short for a header", [0, 0, 0, 2, 0, 0] },
        { "an unknown API", [0, 0, 0, 10, 0x7f, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff] },
        { "a version never offered", [0, 0, 0, 10, 0, 3, 0x7f, 0, 0, 0, 0, 1, 0xff, 0xff] },
        { "an array of two thousand million topics", [0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff] },
    };

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task Receive_BadFrame_ClosesOnlyThatConnectionAndLogsOneLine(string what, byte[] bytes)
    {
        using var other = new RawClient(_broker.Port);
        using var bad = new RawClient(_broker.Port);

        await bad.Send(bytes);
        Assert.Null(await bad.Receive());

        Assert.True(_log.Lines.Count == 1, $"{what}: {string.Join('\n', _log.Lines)}");
        await other.SendFrame(RawClient.Request(ApiKey.ApiVersions, 0, 7, new ApiVersionsRequest(), flexible: false));
        Assert.Equal(7, BinaryPrimitives.ReadInt32BigEndian(await other.Receive()));
    }

    // librdkafka sends these after a Metadata request for all topics; Kafka ignores them.
    [Fact]
    public async Task Receive_BytesAfterARequest_AreIgnored()
    {
        using var client = new RawClient(_broker.Port);
        await client.Send([0, 0, 0, 15, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 9]);

        Assert.Equal(1, BinaryPrimitives.ReadInt32BigEndian(await client.Receive()));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task ApiVersions_UnknownVersion_RespondsInVersion0WithKnownVersions()
    {
        using var client = new RawClient(_broker.Port);
        await client.SendFrame(RawClient.Request(ApiKey.ApiVersions, 99, 5, new ApiVersionsRequest(), flexible: true));

        var response = Response<ApiVersionsResponse>(await client.Receive(), 0, flexible: false);
        Assert.Equal(ErrorCode.UnsupportedVersion, response.ErrorCode);
        Assert.Equal((18, 0, 4), response.ApiKeys!.Select(range => (range.ApiKey, range.MinVersion, range.MaxVersion)).Single());
    }

    [Fact]
    public async Task ApiVersions_FlexibleVersion_HasTheOldResponseHeader()
    {
        using var client = new RawClient(_broker.Port);
        await client.SendFrame(
            RawClient.Request(ApiKey.ApiVersions, 3, 5, new ApiVersionsRequest { ClientSoftwareName = "raw", ClientSoftwareVersion = "1" }, flexible: true));

        var response = Response<ApiVersionsResponse>(await client.Receive(), 3, flexible: true);
        Assert.Contains(response.ApiKeys!, range => range.ApiKey == (short)ApiKey.EndTxn && range.MaxVersion == 4);
    }

    [Fact]
    public async Task Receive_PipelinedRequests_RespondsInOrder()
    {
        using var client = new RawClient(_broker.Port);
        for (var i = 0; i < 50; i++) await client.SendFrame(RawClient.Request(ApiKey.ApiVersions, 0, i, new ApiVersionsRequest(), flexible: false));
        for (var i = 0; i < 50; i++) Assert.Equal(i, BinaryPrimitives.ReadInt32BigEndian(await client.Receive()));
    }

    [Fact]
    public async Task Receive_FrameByteByByte_Responds()
    {
        using var client = new RawClient(_broker.Port);
        var frame = RawClient.Request(ApiKey.ApiVersions, 0, 8, new ApiVersionsRequest(), flexible: false);
        foreach (var one in (byte[])[0, 0, 0, (byte)frame.Length, .. frame]) await client.Send([one]);
        Assert.Equal(8, BinaryPrimitives.ReadInt32BigEndian(await client.Receive()));
    }

    [Fact]
    public async Task Fetch_LongPollOnOneConnection_DoesNotBlockAnother()
    {
        using var waiting = new RawClient(_broker.Port);
        await waiting.SendFrame(
            RawClient.Request(
                ApiKey.CreateTopics, 2, 1, new CreateTopicsRequest { Topics = [new CreatableTopic { Name = "t", NumPartitions = 1, ReplicationFactor = 1 }] },
                flexible: false));
        await waiting.Receive();
        var fetch = new FetchRequest
        {
            MaxWaitMs = 60_000,
            MinBytes = 1,
            Topics = [new FetchTopic { Topic = "t", Partitions = [new FetchPartition { PartitionMaxBytes = 1000 }] }],
        };
        await waiting.SendFrame(RawClient.Request(ApiKey.Fetch, 4, 2, fetch, flexible: false));
        var answer = waiting.Receive();

        using var other = new RawClient(_broker.Port);
        var batch = new PartitionProduceData { Records = new Records(SampleBatches.Plain(), default) };
        await other.SendFrame(
            RawClient.Request(
                ApiKey.Produce, 3, 3, new ProduceRequest { Acks = -1, TopicData = [new TopicProduceData { Name = "t", PartitionData = [batch] }] },
                flexible: false));
        Assert.Equal(ErrorCode.None, Response<ProduceResponse>(await other.Receive(), 3, flexible: false).Responses![0].PartitionResponses![0].ErrorCode);

        var fetched = Response<FetchResponse>(await answer, 4, flexible: false).Responses![0].Partitions![0];
        Assert.Equal((1L, SampleBatches.Plain().Length), (fetched.HighWatermark, fetched.Records.Bytes!.Value.Length));
    }

    private static T Response<T>(byte[]? frame, short version, bool flexible) where T : IWireFields, new()
    {
        var response = new T();
        response.Describe(new WireReader(frame.AsMemory(4), version, flexible));
        return response;
    }
}
