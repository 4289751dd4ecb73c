using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Local.SchemaRegistry;
using Cdp.LocalKafka;
using Cdp.Streaming;
using Cdp.Testing;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Identity.Tests.Answering;

/// <summary>The endpoints as they are deployed, on a broker, a registry and Redis. Profiles' part, the report, is written by the test.</summary>
public sealed class AnsweringServiceTests(RedisServers servers) : IClassFixture<RedisServers>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task Unmerge_OfASharedComputer_TakesItOutAndTellsBoth(string server)
    {
        var directory = Directory.CreateTempSubdirectory("cdp-identity-answers-");
        await using var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = directory.FullName }, cancel: TestContext.Current.CancellationToken);
        await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
        var redis = await servers.ConnectAsync(server);
        var kafka = new KafkaOptions { BootstrapServers = broker.BootstrapServers, SchemaRegistry = registry.Url, Partitions = 3, InstanceId = "test" };
        await TopicAdmin.EnsureAsync(kafka, Topics.All);
        var prefix = $"answers-{server}:";
        await using (var app = CdpHost.Build(IdentityService.Service,
        [
            $"--Kafka:BootstrapServers={kafka.BootstrapServers}", $"--Kafka:SchemaRegistry={kafka.SchemaRegistry}", "--Kafka:Partitions=3", "--Kafka:InstanceId=test",
            $"--Redis:Endpoint={redis.Configuration}", $"--Redis:KeyPrefix={prefix}", "--ProfileIds:Key=a test's key", $"--Api:Tokens:0={ApiTokens.Hash("a test's token")}", "--Port=0",
        ]))
        {
            await app.StartAsync(TestContext.Current.CancellationToken);
            using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First().Replace("0.0.0.0", "127.0.0.1")) };
            foreach (var (method, path) in new[] { (HttpMethod.Get, "user_id/ada"), (HttpMethod.Post, "unmerge"), (HttpMethod.Get, "unmerge/1") })
            {
                using var refused = await client.SendAsync(new HttpRequestMessage(method, $"/v1/identity/{path}"), TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            }
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/openapi/v1.json", TestContext.Current.CancellationToken)).StatusCode);
            client.DefaultRequestHeaders.Authorization = new("Bearer", "a test's token");
            var ada = A.ProfileIds.Implied(A.User("ada"));
            await SendAsync(kafka, A.Event("m1", userId: "ada", anonymousId: "library pc/3%2F"));
            await EventuallyAsync(() => HasAsync(client, "user_id/ada", 2), "ada is at the computer");
            await SendAsync(kafka, A.Event("m2", userId: "ada", anonymousId: "phone"));
            await EventuallyAsync(() => HasAsync(client, "user_id/ada", 3), "the three are one");

            // Any of them leads there, with the decisions in order.
            var (status, found) = await GetAsync(client, "anonymous_id/library%20pc%2F3%252F");
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal(ada, found!.Value.GetProperty("profile_id").GetString());
            Assert.Equal(["user_id:ada", "anonymous_id:library pc/3%2F", "anonymous_id:phone"], Names(found.Value.GetProperty("identifiers")));
            Assert.Equal(["m1", "m2"], found.Value.GetProperty("decisions").EnumerateArray().Select(decision => decision.GetProperty("message_id").GetString()));
            Assert.Equal([A.ProfileIds.Implied(A.Anonymous("phone"))], found.Value.GetProperty("decisions")[1].GetProperty("merged").EnumerateArray().Select(merged => merged.GetString()));

            // Refusals.
            (status, found) = await GetAsync(client, "email/%20Eve@X.org");
            Assert.Equal(HttpStatusCode.NotFound, status);
            Assert.Equal("eve@x.org", found!.Value.GetProperty("looked_for").GetProperty("value").GetString());
            Assert.Equal(A.ProfileIds.Implied(A.Email("eve@x.org")), found.Value.GetProperty("profile_id").GetString());
            await RefusedAsync(client, HttpStatusCode.BadRequest, "invalid_body", """{"identifiers":[{"type":"user_id"}],"because":1}""");
            await RefusedAsync(client, HttpStatusCode.NotFound, "not_linked", """{"identifiers":[{"type":"email","value":" Eve@X.org "}]}""", "email 'eve@x.org'");
            await RefusedAsync(client, HttpStatusCode.Conflict, "nothing_remains", """{"identifiers":[{"type":"user_id","value":"ada"},{"type":"anonymous_id","value":"phone"},{"type":"anonymous_id","value":"library pc/3%2F"}]}""");
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(client, "unmerge/17")).Status);

            // The split, while Profiles report.
            var asked = client.PostAsync("/v1/identity/unmerge", JsonContent.Create(new { identifiers = new[] { new { type = "anonymous_id", value = "library pc/3%2F" } }, reason = "shared" }), TestContext.Current.CancellationToken);
            const string Report = """{"sequence":3,"profile_id":"r","into":"n","recomputed":{"r":2,"n":0},"kept":{"events":0,"counts":{},"traits":[],"before":null}}""";
            await redis.GetDatabase().StringSetAsync(new HotState(prefix).SplitReport(3), Report);
            var answer = await asked;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var unmerged = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            var into = A.ProfileIds.Implied(new Identifier { type = "$split", value = "3" });
            Assert.Equal(("done", 3, ada, into), (unmerged.GetProperty("status").GetString()!, unmerged.GetProperty("sequence").GetInt32(), unmerged.GetProperty("profile_id").GetString()!, unmerged.GetProperty("into").GetString()!));
            Assert.Equal(Report, unmerged.GetProperty("report").GetRawText());
            var (again, state) = await GetAsync(client, $"unmerge/{unmerged.GetProperty("request_id").GetString()}");
            Assert.Equal((HttpStatusCode.OK, unmerged.GetRawText()), (again, state!.Value.GetRawText()));

            // Both sides afterwards, each with the whole way there.
            found = (await GetAsync(client, "user_id/ada")).Body;
            Assert.Equal((ada, "user_id:ada anonymous_id:phone"), (found!.Value.GetProperty("profile_id").GetString()!, string.Join(' ', Names(found.Value.GetProperty("identifiers")))));
            Assert.Equal(["linked", "linked", "split"], found.Value.GetProperty("decisions").EnumerateArray().Select(decision => decision.GetProperty("kind").GetString()));
            found = (await GetAsync(client, "anonymous_id/library%20pc/3%252F")).Body;
            Assert.Equal((into, "anonymous_id:library pc/3%2F"), (found!.Value.GetProperty("profile_id").GetString()!, string.Join(' ', Names(found.Value.GetProperty("identifiers")))));
            var split = found.Value.GetProperty("decisions")[2];
            Assert.Equal(("split", "shared", into), (split.GetProperty("kind").GetString()!, split.GetProperty("reason").GetString()!, split.GetProperty("into").GetString()!));

            // Apart, they are two profiles, and what was two cannot be named in one request.
            await RefusedAsync(client, HttpStatusCode.Conflict, "several_profiles", """{"identifiers":[{"type":"user_id","value":"ada"},{"type":"anonymous_id","value":"library pc/3%2F"}]}""");
            // An event of the computer is its own profile's from here on.
            await SendAsync(kafka, A.Event("m3", anonymousId: "library pc/3%2F"));
            await EventuallyAsync(() => Task.FromResult(Identified(kafka).Any(e => e.validated.envelope.messageId == "m3" && e.profileId == into)), "m3 is the computer's");
            await app.StopAsync(TestContext.Current.CancellationToken);
        }
        directory.Delete(recursive: true);
    }

    private static IEnumerable<string> Names(JsonElement identifiers) => identifiers.EnumerateArray().Select(identifier => $"{identifier.GetProperty("type").GetString()}:{identifier.GetProperty("value").GetString()}");

    private static async Task<(HttpStatusCode Status, JsonElement? Body)> GetAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync($"/v1/identity/{path}", TestContext.Current.CancellationToken);
        return (response.StatusCode, response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound ? await response.Content.ReadFromJsonAsync<JsonElement>() : null);
    }

    private static async Task<bool> HasAsync(HttpClient client, string path, int identifiers) =>
        (await GetAsync(client, path)).Body is { } body && body.TryGetProperty("identifiers", out var all) && all.GetArrayLength() == identifiers;

    private static async Task RefusedAsync(HttpClient client, HttpStatusCode status, string code, string body, string says = "")
    {
        using var response = await client.PostAsync("/v1/identity/unmerge", new StringContent(body), TestContext.Current.CancellationToken);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal((status, code), (response.StatusCode, error.GetProperty("code").GetString()!));
        Assert.Contains(says, error.GetProperty("message").GetString());
    }

    private static async Task SendAsync(KafkaOptions kafka, params Event[] events)
    {
        using var registry = kafka.Registry();
        var codec = new AvroCodec(registry, kafka.TopicPrefix);
        using var producer = new ProducerBuilder<string, byte[]>(kafka.Producer()).Build();
        foreach (var envelope in events)
        {
            await producer.ProduceAsync(kafka.TopicPrefix + Topics.EventsValidated.Name, new() { Key = envelope.anonymousId ?? envelope.userId, Value = codec.Encode(Topics.EventsValidated, A.Validated(envelope)) });
        }
    }

    private static List<IdentifiedEvent> Identified(KafkaOptions kafka)
    {
        using var registry = kafka.Registry();
        var codec = new AvroCodec(registry, kafka.TopicPrefix);
        var records = new List<IdentifiedEvent>();
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(kafka.Consumer("test")).Build();
        consumer.Assign(Enumerable.Range(0, kafka.Partitions).Select(partition => new TopicPartitionOffset(kafka.TopicPrefix + Topics.EventsIdentified.Name, partition, 0)));
        for (var ended = 0; ended < kafka.Partitions;)
        {
            var result = consumer.Consume(Bound);
            if (result.IsPartitionEOF) ended++;
            else if (codec.Decode(result.Message.Value) is IdentifiedEvent identified) records.Add(identified);
        }
        return records;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!await condition())
        {
            Assert.False(bound.IsCancellationRequested, $"not within {Bound}: {what}");
            await Task.Delay(50);
        }
    }
}
