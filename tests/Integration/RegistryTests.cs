using System.Net;
using System.Text.Json.Nodes;
using Cdp.Integration.Stack;
using Confluent.SchemaRegistry;
using Xunit;

namespace Cdp.Integration;

/// <summary>The registry, used through Confluent's client.</summary>
public sealed class RegistryTests(TestStack stack)
{
    private const string V1 = """{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},"""
        + """{"name":"state","type":{"type":"enum","name":"State","symbols":["OPEN","PAID"]}}]}""";

    private static readonly string SymbolRemoved = V1.Replace(",\"PAID\"", "", StringComparison.Ordinal);
    private static readonly string V2 = V1.Replace("]}}]}", """]}},{"name":"note","type":["null","string"],"default":null}]}""", StringComparison.Ordinal);

    [Fact]
    public async Task Register_TwoVersions_FindsThemByIdVersionAndText()
    {
        await using var cluster = await stack.ClusterAsync();
        using var registry = Client(cluster);
        var subject = cluster.Prefix + "orders-value";

        var first = await registry.RegisterSchemaAsync(subject, new Schema(V1, SchemaType.Avro));
        var second = await registry.RegisterSchemaAsync(subject, new Schema(V2, SchemaType.Avro));

        using var other = Client(cluster);
        Assert.Equal(first, await other.RegisterSchemaAsync(subject, new Schema(V1, SchemaType.Avro)));
        Assert.Equal(second, await other.GetSchemaIdAsync(subject, new Schema(V2, SchemaType.Avro)));
        Assert.Equal(V1, (await other.GetSchemaAsync(first)).SchemaString);
        Assert.Equal(V1, (await other.GetSchemaBySubjectAndIdAsync(subject, first)).SchemaString);
        Assert.Equal(V1, (await other.GetRegisteredSchemaAsync(subject, 1)).SchemaString);
        var latest = await other.GetLatestSchemaAsync(subject);
        Assert.Equal((2, second, SchemaType.Avro), (latest.Version, latest.Id, latest.SchemaType));
        // Registries differ in the order of a field's attributes.
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(V2), JsonNode.Parse(latest.SchemaString)));
        Assert.Equal([1, 2], await other.GetSubjectVersionsAsync(subject));
        Assert.Contains(subject, await other.GetAllSubjectsAsync());
        var found = await other.LookupSchemaAsync(subject, new Schema(V1, SchemaType.Avro), ignoreDeletedSchemas: true);
        Assert.Equal((1, first), (found.Version, found.Id));
    }

    [Fact]
    public async Task Register_UnderTwoSubjects_ReturnsTheSameId()
    {
        await using var cluster = await stack.ClusterAsync();
        using var registry = Client(cluster);
        Assert.Equal(
            await registry.RegisterSchemaAsync(cluster.Prefix + "a-value", new Schema(V1, SchemaType.Avro)),
            await registry.RegisterSchemaAsync(cluster.Prefix + "b-value", new Schema(V1, SchemaType.Avro)));
    }

    [Fact]
    public async Task Register_EnumSymbolRemoved_Answers409()
    {
        await using var cluster = await stack.ClusterAsync();
        using var registry = Client(cluster);
        var subject = cluster.Prefix + "orders-value";
        await registry.RegisterSchemaAsync(subject, new Schema(V1, SchemaType.Avro));
        await registry.UpdateCompatibilityAsync(Compatibility.FullTransitive, subject);

        Assert.False(await registry.IsCompatibleAsync(subject, new Schema(SymbolRemoved, SchemaType.Avro)));
        var refusal = await Assert.ThrowsAsync<SchemaRegistryException>(
            () => registry.RegisterSchemaAsync(subject, new Schema(SymbolRemoved, SchemaType.Avro)));
        Assert.Equal(HttpStatusCode.Conflict, refusal.Status);
        Assert.True(await registry.IsCompatibleAsync(subject, new Schema(V2, SchemaType.Avro)));
    }

    [Fact]
    public async Task UpdateCompatibility_OfSubject_AffectsOnlyThatSubject()
    {
        await using var cluster = await stack.ClusterAsync();
        using var registry = Client(cluster);
        var subject = cluster.Prefix + "orders-value";
        await registry.RegisterSchemaAsync(subject, new Schema(V1, SchemaType.Avro));

        Assert.Equal(Compatibility.None, await registry.UpdateCompatibilityAsync(Compatibility.None, subject));
        Assert.Equal(Compatibility.None, await registry.GetCompatibilityAsync(subject));
        var id = await registry.RegisterSchemaAsync(subject, new Schema(SymbolRemoved, SchemaType.Avro));
        Assert.Equal(2, (await registry.GetLatestSchemaAsync(subject)).Version);
        Assert.Equal(SymbolRemoved, (await registry.GetSchemaAsync(id)).SchemaString);
        var unset = await Assert.ThrowsAsync<SchemaRegistryException>(() => registry.GetCompatibilityAsync(cluster.Prefix + "other-value"));
        Assert.Equal(40408, unset.ErrorCode);
    }

    [Theory]
    [InlineData("subject", 40401)]
    [InlineData("version", 40402)]
    [InlineData("text", 40403)]
    [InlineData("id", 40403)]
    [InlineData("invalid", 42201)]
    public async Task Get_UnknownOrInvalid_AnswersConfluentsErrorCode(string what, int code)
    {
        await using var cluster = await stack.ClusterAsync();
        using var registry = Client(cluster);
        var subject = cluster.Prefix + "orders-value";
        await registry.RegisterSchemaAsync(subject, new Schema(V1, SchemaType.Avro));

        var error = await Assert.ThrowsAsync<SchemaRegistryException>(() => what switch
        {
            "subject" => registry.GetLatestSchemaAsync(cluster.Prefix + "other-value"),
            "version" => registry.GetRegisteredSchemaAsync(subject, 7),
            "text" => registry.GetSchemaIdAsync(subject, new Schema("\"int\"", SchemaType.Avro)),
            "id" => registry.GetSchemaAsync(2_000_000_000),
            _ => registry.RegisterSchemaAsync(subject, new Schema("\"strin\"", SchemaType.Avro)),
        });
        Assert.Equal(code, error.ErrorCode);
    }

    private static CachedSchemaRegistryClient Client(Cluster cluster) => new(new SchemaRegistryConfig { Url = cluster.Kafka.SchemaRegistry });
}
