using Cdp.LocalKafka.Apis;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cdp.LocalKafka.Tests.Apis;

public sealed class ProduceApiTests : IAsyncDisposable
{
    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Theory]
    [InlineData("a", 0, -1, ErrorCode.None)]
    [InlineData("a", 0, 1, ErrorCode.None)]
    [InlineData("a", 0, 2, ErrorCode.InvalidRequiredAcks)]
    [InlineData("a", 9, -1, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("absent", 0, -1, ErrorCode.UnknownTopicOrPartition)]
    [InlineData(TopicStore.OffsetsTopic, 0, -1, ErrorCode.InvalidTopicException)]
    internal async Task Produce_ValidOrInvalidPartition_StoresOrReturnsTheError(string topic, int partition, short acks, ErrorCode expected)
    {
        var answer = await Produce(
            11, acks,
            new TopicProduceData { Name = topic, PartitionData = [new() { Index = partition, Records = new Records(SampleBatches.Plain(), default) }] });
        Assert.Equal((expected, expected == ErrorCode.None ? 0 : -1), (answer.ErrorCode, answer.BaseOffset));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Produce_Zstd_NeedsVersion7(short version)
    {
        var batch = SampleBatches.Plain();
        batch[BatchHeader.AttributesAt + 1] |= (byte)Codec.Zstd;
        var answer = await Produce(
            version, -1, new TopicProduceData { Name = "a", PartitionData = [new() { Records = new Records(SampleBatches.WithChecksum(batch), default) }] });
        Assert.Equal(version < 7, answer.ErrorCode == ErrorCode.UnsupportedCompressionType);
    }

    private async Task<PartitionProduceResponse> Produce(short version, short acks, TopicProduceData data)
    {
        var row = new ProduceApi(_broker.Topics, _broker.Transactions, NullLogger.Instance).Row;
        return (await row.Call<ProduceResponse>(
                new ProduceRequest { Acks = acks, TimeoutMs = 1000, TopicData = [data] }, version)).Responses![0].PartitionResponses![0];
    }
}
