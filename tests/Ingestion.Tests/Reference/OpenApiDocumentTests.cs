using System.Text.Json;
using Cdp.Ingestion.Reference;
using NJsonSchema;
using Xunit;

namespace Cdp.Ingestion.Tests.Reference;

public sealed class OpenApiDocumentTests
{
    [Fact]
    public void Document_ByAnotherReader_IsWithoutFault()
    {
        var read = Microsoft.OpenApi.OpenApiDocument.Parse(Reference.Text, "json");

        Assert.Equal(Microsoft.OpenApi.OpenApiSpecVersion.OpenApi3_1, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(Reference.Document.Operations().Select(operation => operation.Id), read.Document!.Paths.SelectMany(path => path.Value.Operations!.Values).Select(operation => operation.OperationId));
    }

    [Fact]
    public void References_EveryOne_LeadsToWhatIsThere() => Assert.All(Find(Reference.Document, "$ref"), reference => Assert.NotNull(Reference.Document.Find(reference.GetString()!.Split('/')[1..])));

    [Fact]
    public void Components_EveryOne_IsReferredTo()
    {
        var referred = Find(Reference.Document, "$ref").Select(reference => reference.GetString()).ToHashSet();
        string[] kinds = ["schemas", "responses", "parameters"];
        Assert.All(kinds.SelectMany(kind => Reference.Document.Members("components", kind).Select(component => $"#/components/{kind}/{component.Name}")), pointer => Assert.Contains(pointer, referred));
    }

    [Fact]
    public void Operations_EveryOne_HasANameOfItsOwnAndATag()
    {
        var operations = Reference.Document.Operations().ToList();
        var tags = Reference.Document.Items("tags").Select(tag => tag.Text("name")).ToList();

        Assert.Equal(operations.Count, operations.Select(operation => operation.Id).Distinct().Count());
        Assert.All(operations, operation => Assert.Contains(operation.Content.Items("tags").Single().GetString(), tags));
    }

    [Fact]
    public void Codes_EveryOneOfTheService_AreDocumentedAndNoOther() =>
        Assert.Equal(Reference.CodesInSource().Distinct().Order(), Reference.Codes.Order());

    [Fact]
    public void Refusals_EveryCode_StandUnderTheirStatus()
    {
        var shown = (from operation in Reference.Document.Operations()
                     from status in operation.Content.Members("responses")
                     from answer in Reference.Answers(status.Value)
                     let error = answer.Body.Find("error") ?? answer.Body.Find("rejected")?.EnumerateArray().First()
                     where error is not null && answer.Name == error.Value.Text("code")
                     select (Code: answer.Name, Status: int.Parse(status.Name), RetryAfter: Reference.Document.Resolve(status.Value).Find("headers", "Retry-After") is not null)).Distinct().ToList();

        Assert.All(Reference.Codes.Except(Reference.OfNoOperation), code => Assert.Contains(shown, answer => answer.Code == code));
        foreach (var rejection in Reference.Rejections().Where(rejection => !Reference.OfNoOperation.Contains(rejection.Code)))
        {
            Assert.Equal((rejection.Code, rejection.Status, rejection.RetryAfter is not null), Assert.Single(shown, answer => answer.Code == rejection.Code));
        }
    }

    [Fact]
    public async Task Examples_EveryOne_HaveTheShapeThatIsSaid()
    {
        var checkedExamples = 0;
        foreach (var (content, name) in Contents())
        {
            var schema = await Schema(content.Find("schema")!.Value);
            // What is refused as a request need not have its shape.
            foreach (var example in content.Members("examples").Where(example => example.Value.Text("x-answer") is "" or "partly_rejected" or "unplaced"))
            {
                Assert.Equal((name, example.Name, ""), (name, example.Name, string.Join("; ", schema.Validate(example.Value.Find("value")!.Value.GetRawText()))));
                checkedExamples++;
            }
            if (content.Find("example") is not { } only) continue;
            Assert.Equal((name, ""), (name, string.Join("; ", schema.Validate(only.GetRawText()))));
            checkedExamples++;
        }
        Assert.True(checkedExamples > 50, $"{checkedExamples} examples");
    }

    [Fact]
    public async Task Schemas_WhatTheyDoNotAllow_IsRefused()
    {
        var track = await Schema(Reference.Document.Find("paths", "/v1/track", "post", "requestBody", "content", "application/json", "schema")!.Value);

        Assert.Empty(track.Validate("""{"userId":7,"properties":null}"""));
        Assert.NotEmpty(track.Validate("""{"event":"E"}"""));
        Assert.NotEmpty(track.Validate("""{"userId":"u","properties":[]}"""));
    }

    private static IEnumerable<(JsonElement Content, string Name)> Contents() =>
        from operation in Reference.Document.Operations()
        from body in operation.Content.Members("responses").Select(status => (Reference.Document.Resolve(status.Value), status.Name)).Append((operation.Content.Find("requestBody") ?? default, "body"))
        from content in body.Item1.Members("content")
        where content.Name is "application/json" or "application/x-ndjson" && content.Value.Find("schema", "type")?.GetString() != "string" && content.Value.Find("schema") is not null
        select (content.Value, $"{operation.Id} {body.Item2}");

    private static Task<JsonSchema> Schema(JsonElement schema)
    {
        // Its references lead into the document, and the validator looks for what they mean in the schema itself.
        var members = Reference.Document.Resolve(schema).EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
        members["definitions"] = Reference.Document.Find("components", "schemas")!.Value;
        return JsonSchema.FromJsonAsync(JsonSerializer.Serialize(members).Replace("#/components/schemas/", "#/definitions/", StringComparison.Ordinal));
    }

    private static IEnumerable<JsonElement> Find(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == name ? [member.Value] : Find(member.Value, name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(item => Find(item, name)),
        _ => [],
    };
}
