using System.Text.Json;
using Cdp.Destinations.BuiltIn;
using Cdp.Destinations.Descriptions;
using Cdp.Destinations.Http;
using Xunit;

namespace Cdp.Destinations.Tests.Descriptions;

public sealed class DescriptionTests
{
    private const string Valid = """
        type: pager
        title: Pager
        settings:
          endpoint: {type: url, required: true, description: the endpoint}
        actions:
          page:
            description: pages somebody
            request: {url: "{{settings.endpoint}}/page"}
        """;

    [Fact]
    public void Parse_SmallestDescription_IsValid()
    {
        var description = Parse(Valid, out var errors);
        Assert.Empty(errors);
        Assert.Equal(("pager", 1, 1), (description!.Type, description.Actions.Count, description.Actions["page"].Batch.Items));
    }

    [Fact]
    public void Parse_Json_IsRead() => Assert.NotNull(Parse(
        """{"type":"a","title":"A","actions":{"b":{"description":"c","request":{"url":"https://d.example/"}}}}""", out _));

    [Fact]
    public void Parse_FaultyDescription_NamesEveryFaultWithPathAndRemedy()
    {
        Assert.Null(Parse(
            """
            type: Pager!
            titel: Pager
            rate: {per: 1m}
            settings:
              key: {type: number, secret: true}
              region: {description: the region, choices: {eu: a}, default: us}
            authentication: {signature: region, basic: {user: x}}
            actions:
              page:
                request:
                  url: "https://{{payload.host}}/x"
                  method: SEND
                  format: xml
                  body: {"@nope": 1}
                batch: {items: 0, setting: region}
                fields: {a: {type: word}}
                responses:
                  - {status: 4x, result: maybe, reason: message}
                  - {result: retry, after: 1m, items: [{index: $.a}]}
              look:
                description: looks
                lookup: {request: {url: "ftp://x"}}
                batch: {items: 2}
            presets:
              - {name: A, subscribe: type =, action: page}
              - {name: B, subscribe: all, action: write}
            deletion: {identifiers: [name], needs: [x], description: deletes, request: {url: "https://x.example"}}
            """,
            out var errors));
        string[] expected =
        [
            "pager.yaml: /type must be lower-case letters, digits and hyphens",
            "pager.yaml: /title is missing; write the name of the target",
            "pager.yaml: /titel is not known; use one of actions, authentication, deletion,",
            "pager.yaml: /rate/requests is missing",
            "pager.yaml: /rate/per must be a number of seconds, such as 30s",
            "pager.yaml: /settings/key/type must be one of string, url, integer, boolean, headers",
            "pager.yaml: /settings/key/description is missing",
            "pager.yaml: /settings/region/default must be one of eu",
            "pager.yaml: /authentication/signature must be the name of a secret setting",
            "pager.yaml: /authentication/basic/password is missing",
            "pager.yaml: /actions/page/description is missing",
            "pager.yaml: /actions/page/request/url must not take the server from an event; use settings only before the path",
            "pager.yaml: /actions/page/request/method must be POST, PUT, PATCH, DELETE or GET",
            "pager.yaml: /actions/page/request/format must be json, ndjson, form or none",
            "pager.yaml: /actions/page/request/body/@nope is not a directive",
            "pager.yaml: /actions/page/batch/items must be a whole number from 1 to 100000",
            "pager.yaml: /actions/page/batch/setting must be the name of an integer setting",
            "pager.yaml: /actions/page/fields/a/type must be one of",
            "pager.yaml: /actions/page/responses/0/status '4x' is not a status; write statuses such as 400 or 4xx",
            "pager.yaml: /actions/page/responses/0/result must be delivered, retry or refused",
            "pager.yaml: /actions/page/responses/0/reason 'message' is not a path",
            "pager.yaml: /actions/page/responses/1/status is missing",
            "pager.yaml: /actions/page/responses/1/after must be a number of seconds, such as 30s",
            "pager.yaml: /actions/page/responses/1/items/0/path is missing",
            "pager.yaml: /actions/look/lookup/request/url must begin with https:// or with a setting",
            "pager.yaml: /actions/look/lookup/found is missing",
            "pager.yaml: /actions/look/request_if_found is missing",
            "pager.yaml: /actions/look/batch must be left out: a lookup asks for one item",
            "pager.yaml: /presets/0/subscribe is not a condition: ",
            "pager.yaml: /presets/1/action 'write' is not an action; use one of page, look",
            "pager.yaml: /deletion/identifiers 'name' is not an identifier of a deletion; use user_id, anonymous_id, email, phone",
            "pager.yaml: /deletion/needs 'x' is not a setting",
        ];
        Assert.All(expected, start => Assert.Single(errors, error => error.StartsWith(start, StringComparison.Ordinal)));
        Assert.Equal(expected.Length, errors.Count);
    }

    [Theory]
    [InlineData("a: [", "pager.yaml:")]
    [InlineData("- a", "pager.yaml:1: the file has 1 documents or no mapping")]
    [InlineData("", "pager.yaml:1: the file has 0 documents or no mapping")]
    [InlineData("a: 1\na: 2", "pager.yaml:2:")]
    public void Parse_TextThatIsNoMapping_NamesTheLine(string yaml, string start)
    {
        Assert.Null(Parse(yaml, out var errors));
        Assert.StartsWith(start, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_AliasesThatStandForVeryMuch_AreRefused()
    {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (var i = 1; i < 9; i++) yaml += $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n";
        Assert.Null(Parse(yaml, out var errors));
        Assert.Contains("more than 20000 values", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_FaultySettings_NamesEveryFaultWithItsRemedy()
    {
        var errors = new List<string>();
        Assert.Null(BuiltInDestinations.Find("webhook")!.Create(
            JsonElement.Parse("""
                {"url":"https://user:pass@example.com","secret":"a","secret_env":"B","headers":{"Host":"x","bad name":"y","X-A":"1\r\nX-B: 2","X-C":[]},
                 "method":"GET","batch_items":0,"retries":3}
                """),
            _ => null,
            new HttpSenderOptions(),
            TimeProvider.System,
            errors));
        Assert.Equal(
            [
                "url must be an http or https URL without a user name; send credentials in a header",
                "secret_env and secret are both set; keep one",
                "headers.Host is set for each request; remove it",
                "headers.bad name is not the name of a header; use letters, digits and hyphens",
                "headers.X-A must be a string on one line",
                "headers.X-C must be a string on one line",
                "method must be one of POST, PUT, PATCH",
                "batch_items must be a whole number above 0",
                "retries is not a setting of webhook; use one of url, secret, secret_env, headers, headers_env, method, batch_items, or remove it",
            ],
            errors);
    }

    [Fact]
    public void Create_SecretInAnEnvironmentVariable_IsReadFromThere()
    {
        var errors = new List<string>();
        var settings = JsonElement.Parse("""{"webhook_url_env":"HOOK"}""");
        var description = BuiltInDestinations.Find("slack")!;
        Assert.Equal("https://hooks.example/x", description.ReadSettings(settings, name => name == "HOOK" ? "https://hooks.example/x" : null, errors)!
            .Values.Member("webhook_url").Text);
        Assert.Empty(errors);
        Assert.Null(description.ReadSettings(settings, _ => null, errors));
        Assert.Equal("webhook_url_env names the environment variable HOOK, which is not set; set it to the secret", Assert.Single(errors));
    }

    private static DestinationDescription? Parse(string yaml, out List<string> errors)
    {
        errors = [];
        return DestinationDescription.Parse("pager.yaml", yaml, errors);
    }
}
