using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Avro;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Schemas;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Cdp.Streaming.Tests.Schemas;

/// <summary>A record is bad only if a known schema cannot decode it. Whatever keeps the registry from providing the schema is an outage.</summary>
[Trait("tier", "integration")]
public sealed class AvroCodecTests : IAsyncLifetime
{
    private static readonly AudienceMembership Record = new() { profileId = "p", audienceId = "a", status = "entered", version = 1, at = DateTime.UnixEpoch };

    private FakeRegistry _fake = null!;
    private SchemaRegistry _registry = null!;

    public async ValueTask InitializeAsync()
    {
        _fake = await FakeRegistry.StartAsync();
        _registry = new SchemaRegistry(new Uri(_fake.Url), new RegistryAccess());
    }

    public async ValueTask DisposeAsync()
    {
        _registry.Dispose();
        await _fake.DisposeAsync();
    }

    [Theory]
    [InlineData(401, """{"error_code":401,"message":"who are you?"}""", "401 (who are you?)", "Kafka:RegistryAccess")]
    [InlineData(401, "<html>sign in</html>", "401;", "Kafka:RegistryAccess")]
    [InlineData(403, """{"error_code":40301,"message":"denied"}""", "403 (denied)", "right to read")]
    [InlineData(404, """{"error_code":40403,"message":"Schema 1 not found"}""", "404 (Schema 1 not found)", "restore the schema")]
    [InlineData(404, "", "404", "Kafka:SchemaRegistry")]
    [InlineData(302, "", "302", "")]
    [InlineData(429, "slow down", "429", "")]
    [InlineData(500, """["odd"]""", "500", "")]
    [InlineData(503, "null", "503", "")]
    [InlineData(200, "<html>welcome</html>", "not that of a schema registry", "proxy")]
    [InlineData(200, "", "not that of a schema registry", "")]
    [InlineData(200, "null", "not that of a schema registry", "")]
    [InlineData(200, "[]", "not that of a schema registry", "")]
    [InlineData(200, "{}", "not that of a schema registry", "")]
    [InlineData(200, """{"schema":null}""", "", "")]
    [InlineData(200, """{"schema":7,"id":"seven"}""", "not that of a schema registry", "")]
    [InlineData(200, """{"schema":"not a schema","id":99999999999}""", "", "")]
    [InlineData(200, """{"schema":"{\"type\":\"record\"}"}""", "", "")]
    [InlineData(204, "", "not that of a schema registry", "")]
    public void Decode_RegistryAnswersWithoutSchema_IsAnOutageUntilItDoes(int status, string body, string reason, string remedy)
    {
        var bytes = new AvroCodec(_registry, "t.").Encode(Topics.AudiencesMemberships, Record);
        var codec = new AvroCodec(_registry, "t.");
        _fake.Answer = context =>
        {
            context.Response.StatusCode = status;
            return status == 204 ? Task.CompletedTask : context.Response.WriteAsync(body);
        };

        var e = Assert.Throws<SchemaUnavailableException>(() => codec.Decode(At(bytes)));
        Assert.Contains("t.audiences.memberships-0@41", e.Message, StringComparison.Ordinal);
        Assert.Contains("schema 1", e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, e.Message, StringComparison.Ordinal);
        if (!body.Contains("\"schema\"", StringComparison.Ordinal))
            Assert.Throws<SchemaUnavailableException>(() => codec.Encode(Topics.AudiencesMemberships, Record));

        _fake.Answer = null;
        Assert.Equal("p", Assert.IsType<AudienceMembership>(codec.Decode(At(bytes))).profileId);
    }

    [Fact]
    public void Decode_RegistryClosesConnection_IsAnOutage()
    {
        var bytes = new AvroCodec(_registry, "t.").Encode(Topics.AudiencesMemberships, Record);
        _fake.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        Assert.Throws<SchemaUnavailableException>(() => new AvroCodec(_registry, "t.").Decode(bytes));
    }

    [Fact]
    public async Task Decode_RegistryIsDown_IsAnOutage()
    {
        var bytes = new AvroCodec(_registry, "t.").Encode(Topics.AudiencesMemberships, Record);
        await _fake.DisposeAsync();
        var e = Assert.Throws<SchemaUnavailableException>(() => new AvroCodec(_registry, "t.").Decode(bytes));
        Assert.IsType<SocketException>(e.InnerException?.InnerException);
    }

    [Fact]
    public void Decode_UnknownSchemaId_IsAnOutage()
    {
        var bytes = new AvroCodec(_registry, "t.").Encode(Topics.AudiencesMemberships, Record);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), 4711);
        var e = Assert.Throws<SchemaUnavailableException>(() => new AvroCodec(_registry, "t.").Decode(At(bytes)));
        Assert.Contains("schema 4711", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0\0")]
    [InlineData("not Avro")]
    [InlineData("{\"json\":true}")]
    public void Decode_BytesWithoutFraming_IsABadRecord(string bytes)
    {
        _fake.Answer = _ => throw new InvalidOperationException("the registry must not be asked");
        Assert.Throws<AvroException>(() => new AvroCodec(_registry, "t.").Decode(Encoding.Latin1.GetBytes(bytes)));
        Assert.Empty(_fake.Authorizations);
    }

    [Theory]
    [InlineData("""{"type":"record","name":"Foreign","fields":[]}""", null, "Foreign")]
    [InlineData("\"string\"", null, "string")]
    [InlineData("""{"type":"object"}""", "JSON", "JSON")]
    [InlineData("""{"type":"record","name":"cdp.AudienceMembership","fields":[{"name":"profileId","type":"double"}]}""", null, "cannot read")]
    public void Decode_ForeignSchema_IsABadRecordAndRequestedOnce(string schema, string? type, string reason)
    {
        var answer = new Dictionary<string, string> { ["schema"] = schema };
        if (type is not null) answer["schemaType"] = type;
        _fake.Answer = context => context.Response.WriteAsJsonAsync(answer);
        var codec = new AvroCodec(_registry, "t.");
        for (var i = 0; i < 3; i++)
            Assert.Contains(reason, Assert.Throws<AvroException>(() => codec.Decode([0, 0, 0, 0, 9, 1, 2, 3])).Message, StringComparison.Ordinal);
        Assert.Single(_fake.Authorizations);
    }

    [Fact]
    public void Decode_SchemaWithOtherDocs_UsesTheGeneratedReader()
    {
        var written = JsonNode.Parse(Record.Schema.ToString())!;
        written["doc"] = "an earlier description";
        _fake.Schemas[7] = written.ToJsonString();
        var codec = new AvroCodec(_registry, "t.");
        var bytes = codec.Encode(Topics.AudiencesMemberships, Record);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), 7);

        Assert.Equal("a", Assert.IsType<AudienceMembership>(codec.Decode(bytes)).audienceId);
        // Only the generated code checks the range of a time itself. The last field is a time, here the epoch: one byte.
        byte[] tooLate = [.. bytes[..^1], 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
        var e = Assert.Throws<AvroException>(() => codec.Decode(tooLate));
        Assert.Contains("outside the years", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_InvalidBytesOfAnotherSchemaVersion_IsABadRecord()
    {
        // Contains a field that our schema does not have, so that the library resolves it field by field.
        const string Later = """{"name":"later","type":{"type":"map","values":"bytes"},"default":{}},""";
        var written = Record.Schema.ToString().Replace("\"fields\":[", $"\"fields\":[{Later}", StringComparison.Ordinal);
        _fake.Schemas[7] = written;
        var (codec, random) = (new AvroCodec(_registry, "t."), new Random(7));
        for (var i = 0; i < 3_000; i++)
        {
            var bytes = new byte[5 + random.Next(40)];
            random.NextBytes(bytes);
            // Lengths of a few hundred at most, because how much memory the library allocates for a length is not tested here.
            for (var at = 5; at < bytes.Length; at++) bytes[at] &= (byte)(i % 2 == 0 ? 0x7F : 0x0F);
            new byte[] { 0, 0, 0, 0, 7 }.CopyTo(bytes, 0);
            try
            {
                codec.Decode(bytes);
            }
            catch (AvroException)
            {
                // A bad record.
            }
        }
        Assert.Single(_fake.Authorizations);
    }

    private static ConsumeResult<Ignore, byte[]?> At(byte[] bytes) =>
        new() { Topic = "t.audiences.memberships", Partition = 0, Offset = 41, Message = new Message<Ignore, byte[]?> { Value = bytes } };
}
