using System.Text.Json;
using Cdp.Ingestion.Reference;
using NJsonSchema;
using Xunit;

namespace Cdp.Ingestion.Tests.Reference;

public sealed class OpenApiDocumentTests
{
    [Fact]
    public void Document_ReadByAnotherLibrary_HasNoErrors()
    {
        var read = OpenApiChecks.AssertValid(OpenApiReference.Text);

        Assert.Equal(
            OpenApiReference.Document.Operations().Select(operation => operation.Id),
            read.Paths.SelectMany(path => path.Value.Operations!.Values).Select(operation => operation.OperationId));
    }

    [Fact]
    public void References_All_Resolve() =>
        Assert.All(
            Find(OpenApiReference.Document, "$ref"),
            reference => Assert.NotNull(OpenApiReference.Document.Find(reference.GetString()!.Split('/')[1..])));

    [Fact]
    public void Components_All_AreReferenced()
    {
        var referred = Find(OpenApiReference.Document, "$ref").Select(reference => reference.GetString()).ToHashSet();
        string[] kinds = ["schemas", "responses", "parameters"];
        Assert.All(
            kinds.SelectMany(kind => OpenApiReference.Document.Members("components", kind).Select(component => $"#/components/{kind}/{component.Name}")),
            pointer => Assert.Contains(pointer, referred));
    }

    [Fact]
    public void Operations_All_HaveAUniqueIdAndATag()
    {
        var operations = OpenApiReference.Document.Operations().ToList();
        var tags = OpenApiReference.Document.Items("tags").Select(tag => tag.Text("name")).ToList();

        Assert.Equal(operations.Count, operations.Select(operation => operation.Id).Distinct().Count());
        Assert.All(operations, operation => Assert.Contains(operation.Content.Items("tags").Single().GetString(), tags));
    }

    [Fact]
    public void Codes_InTheSource_AreExactlyThoseDocumented() =>
        Assert.Equal(OpenApiReference.CodesInSource().Distinct().Order(), OpenApiReference.Codes.Order());

    [Fact]
    public void Refusals_All_AreShownUnderTheirStatus()
    {
        var shown = (from operation in OpenApiReference.Document.Operations()
                     from status in operation.Content.Members("responses")
                     from answer in OpenApiReference.Answers(status.Value)
                     let error = answer.Body.Find("error") ?? answer.Body.Find("rejected")?.EnumerateArray().First()
                     where error is not null && answer.Name == error.Value.Text("code")
                     select (
                         Code: answer.Name,
                         Status: int.Parse(status.Name),
                         RetryAfter: OpenApiReference.Document.Resolve(status.Value).Find("headers", "Retry-After") is not null)).Distinct().ToList();

        Assert.All(OpenApiReference.Codes.Except(OpenApiReference.CodesWithoutOperation), code => Assert.Contains(shown, answer => answer.Code == code));
        foreach (var rejection in OpenApiReference.Rejections().Where(rejection => !OpenApiReference.CodesWithoutOperation.Contains(rejection.Code)))
        {
            Assert.Equal((rejection.Code, rejection.Status, rejection.RetryAfter is not null), Assert.Single(shown, answer => answer.Code == rejection.Code));
        }
    }

    [Fact]
    public async Task Examples_All_MatchTheirSchema()
    {
        var checkedExamples = 0;
        foreach (var (content, name) in Contents())
        {
            var schema = await Schema(content.Find("schema")!.Value);
            // Examples of refused requests need not match the schema.
            foreach (var example in content.Members("examples").Where(example => example.Value.Text("x-answer") is "" or "partly_rejected" or "unplaced"))
            {
                Assert.Equal(
                    (name, example.Name, ""),
                    (name, example.Name, string.Join("; ", schema.Validate(example.Value.Find("value")!.Value.GetRawText()))));
                checkedExamples++;
            }
            if (content.Find("example") is not { } only) continue;
            Assert.Equal((name, ""), (name, string.Join("; ", schema.Validate(only.GetRawText()))));
            checkedExamples++;
        }
        Assert.True(checkedExamples > 50, $"{checkedExamples} examples");
    }

    [Fact]
    public async Task TrackSchema_InvalidEvent_IsRefused()
    {
        var track = await Schema(OpenApiReference.Document.Find("paths", "/v1/track", "post", "requestBody", "content", "application/json", "schema")!.Value);

        Assert.Empty(track.Validate("""{"userId":7,"properties":null}"""));
        Assert.NotEmpty(track.Validate("""{"event":"E"}"""));
        Assert.NotEmpty(track.Validate("""{"userId":"u","properties":[]}"""));
    }

    private static IEnumerable<(JsonElement Content, string Name)> Contents() =>
        from operation in OpenApiReference.Document.Operations()
        from body in operation.Content.Members("responses")
            .Select(status => (OpenApiReference.Document.Resolve(status.Value), status.Name))
            .Append((operation.Content.Find("requestBody") ?? default, "body"))
        from content in body.Item1.Members("content")
        where content.Name is "application/json" or "application/x-ndjson"
            && content.Value.Find("schema", "type")?.GetString() != "string"
            && content.Value.Find("schema") is not null
        select (content.Value, $"{operation.Id} {body.Item2}");

    private static Task<JsonSchema> Schema(JsonElement schema)
    {
        // The validator resolves references within the schema only, so it gets the schemas of the document as its definitions.
        var members = OpenApiReference.Document.Resolve(schema).EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
        members["definitions"] = OpenApiReference.Document.Find("components", "schemas")!.Value;
        return JsonSchema.FromJsonAsync(JsonSerializer.Serialize(members).Replace("#/components/schemas/", "#/definitions/", StringComparison.Ordinal));
    }

    private static IEnumerable<JsonElement> Find(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == name ? [member.Value] : Find(member.Value, name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(item => Find(item, name)),
        _ => [],
    };
}
