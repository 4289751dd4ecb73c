using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance.Clients;

/// <summary>Third-party clients: each reads what the others wrote.</summary>
[Trait("tier", "integration")]
public sealed class ScriptTests(KafkaFixture kafka)
{
    private const int Records = 20;

    public static TheoryData<string> Names => [.. Script.All.Select(script => script.Name)];
    public static TheoryData<string> Transactional => [.. Script.All.Select(script => script.Name).Where(name => name != "kafka-python")];

    /// <summary>One topic contains records that every client can read. The other contains records in codecs that only some clients support.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Write_EachCodec_IsReadByAllClients(string name)
    {
        var writer = Script.Of(name);
        await writer.Require();
        foreach (var codecs in (string[][])[["none", "gzip"], ["snappy", "lz4", "zstd"]])
        {
            var used = codecs.Intersect(writer.Codecs).ToArray();
            if (used.Length == 0) continue;
            var topic = await kafka.Topic();
            foreach (var codec in used) await writer.Run("write", kafka.Bootstrap, topic, codec);
            await Task.WhenAll(Script.All.Where(reader => used.All(reader.Codecs.Contains)).Select(reader => ReadBy(reader, topic, used.Length * Records)));
            AssertWritten(name, used, Reading.ReadAll(kafka.Bootstrap, topic));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Read_WrittenByTheDotnetClientWithEachCodec_Succeeds(string name)
    {
        var reader = Script.Of(name);
        await reader.Require();
        var topic = await kafka.Topic();
        foreach (var codec in reader.Codecs)
        {
            using var producer = Client.Producer(
                kafka.Bootstrap, config => (config.CompressionType, config.LingerMs) = (Enum.Parse<CompressionType>(codec, ignoreCase: true), 50));
            Headers headers =
            [
                new Header("client", "dotnet"u8.ToArray()), new Header("codec", System.Text.Encoding.UTF8.GetBytes(codec)), new Header("empty", []),
            ];
            await Task.WhenAll(
                Enumerable.Range(0, Records).Select(
                    i => producer.Send(topic, new Message<string?, string?> { Key = $"k{i}", Value = Value(i), Headers = headers })));
        }
        await reader.Run("read", kafka.Bootstrap, topic, $"{reader.Codecs.Length * Records}", kafka.Name("g"));
    }

    [Theory]
    [MemberData(nameof(Transactional))]
    public async Task Transactions_WithOffsets_AreVisibleOnceCommitted(string name)
    {
        var script = Script.Of(name);
        await script.Require();
        var (input, output, group) = (await kafka.Topic(), await kafka.Topic(), kafka.Name("g"));
        await script.Run("write", kafka.Bootstrap, input, "gzip");
        await script.Run("transactions", kafka.Bootstrap, input, output, group, kafka.Name("tx"));
        AssertWritten(name, ["gzip"], Reading.ReadAll(kafka.Bootstrap, output));
    }

    // The reader's own test reports that the client is not installed.
    private async Task ReadBy(Script reader, string topic, int count)
    {
        if (await reader.IsInstalled()) await reader.Run("read", kafka.Bootstrap, topic, $"{count}", kafka.Name("g"));
    }

    private static void AssertWritten(string client, string[] codecs, IEnumerable<ConsumeResult<string?, string?>> read)
    {
        var expected = from codec in codecs from i in Enumerable.Range(0, Records) select (client, codec, (string?)$"k{i}", (string?)Value(i));
        Assert.Equal(expected, read.Select(record => (Header(record, 0), Header(record, 1), record.Message.Key, record.Message.Value)));
    }

    private static string Header(ConsumeResult<string?, string?> record, int index) =>
        System.Text.Encoding.UTF8.GetString(record.Message.Headers[index].GetValueBytes());

    private static string Value(int i) => $"value {i} {new string('x', 100)}";
}
