using System.Text.Json;
using System.Text.Json.Serialization;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cdp.LocalRegistry;

/// <summary>The part of Confluent's REST API that its clients use to register, find and check schemas.</summary>
public static class RegistryEndpoints
{
    private const string ContentType = "application/vnd.schemaregistry.v1+json";

    // Schemas are full of quotes, which need no escaping because the answers are never part of HTML.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapRegistry(this IEndpointRouteBuilder app, Registry registry)
    {
        app.MapGet("/", () => Json(new { }));
        app.MapGet("/schemas/types", () => Json(new[] { "AVRO" }));

        app.MapGet("/schemas/ids/{id:int}", (int id) => registry.ReadAsync(store => OfSchema(store, id, schema => Json(new { schema = schema.Text }))));

        app.MapGet(
            "/schemas/ids/{id:int}/schema", (int id) => registry.ReadAsync(store => OfSchema(store, id, schema => Results.Text(schema.Text, ContentType))));

        app.MapGet("/schemas/ids/{id:int}/versions", (int id) => registry.ReadAsync(store =>
            OfSchema(store, id, _ => Json(store.Uses(id).Select(use => new { subject = use.Subject, version = use.Version })))));

        app.MapGet("/subjects", async () => Json(await registry.ReadAsync(store => store.Subjects.ToList())));

        app.MapGet("/subjects/{subject}/versions", (string subject) => registry.ReadAsync(store =>
            store.Versions(subject) is { Count: > 0 } versions
                ? Json(versions.Select(version => version.Version))
                : Problem(RegistryError.SubjectNotFound(subject))));

        app.MapGet("/subjects/{subject}/versions/{version}", (string subject, string version) => registry.ReadAsync(store =>
            store.Version(subject, version) is { Version: { } found } ? Json(Describe(found)) : Problem(store.Version(subject, version).Error!)));

        app.MapPost("/subjects/{subject}/versions", (string subject, HttpRequest request) => WithSchema(request, async schema =>
        {
            var (version, error) = await registry.RegisterAsync(subject, schema);
            return version is null ? Problem(error!) : Json(new { id = version.Id });
        }));

        app.MapPost("/subjects/{subject}", (string subject, HttpRequest request) => WithSchema(request, schema => registry.ReadAsync(store =>
            store.Versions(subject).Count == 0 ? Problem(RegistryError.SubjectNotFound(subject))
            : store.Find(subject, schema) is { } found ? Json(Describe(found))
            : Problem(RegistryError.SchemaNotFound()))));

        app.MapPost("/compatibility/subjects/{subject}/versions/{version}", (string subject, string version, HttpRequest request) =>
            WithSchema(request, schema => registry.ReadAsync(store => store.Version(subject, version) is { Version: { } earlier }
                ? Verdict(store.Check(subject, schema, [earlier]))
                : Problem(store.Version(subject, version).Error!))));

        app.MapPost("/compatibility/subjects/{subject}/versions", (string subject, HttpRequest request) =>
            WithSchema(request, schema => registry.ReadAsync(store => Verdict(store.Check(subject, schema, store.Versions(subject))))));

        app.MapGet("/config", async () => Json(new { compatibilityLevel = await registry.ReadAsync(store => store.Level.Name()) }));
        app.MapPut("/config", (HttpRequest request) => SetLevel(registry, null, request));
        app.MapGet("/config/{subject}", (string subject, bool? defaultToGlobal) => registry.ReadAsync(store =>
            (store.LevelOf(subject) ?? (defaultToGlobal == true ? store.Level : null)) is { } level
                ? Json(new { compatibilityLevel = level.Name() })
                : Problem(RegistryError.LevelNotConfigured(subject))));
        app.MapPut("/config/{subject}", (string subject, HttpRequest request) => SetLevel(registry, subject, request));

        // Confluent's clients understand a 404 from features that are missing here, such as associations, as "none".
        app.MapFallback(() => Problem(new RegistryError(404, "HTTP 404 Not Found")));
    }

    private static IResult OfSchema(SchemaStore store, int id, Func<ParsedSchema, IResult> answer) =>
        store.Schema(id) is { } schema ? answer(schema) : Problem(RegistryError.SchemaNotFound(id));

    private static async Task<IResult> WithSchema(HttpRequest request, Func<ParsedSchema, Task<IResult>> then)
    {
        var (body, error) = await BodyAsync<SchemaBody>(request);
        if (body is null) return Problem(error!);
        if (body.SchemaType is { } type && !type.Equals("AVRO", StringComparison.OrdinalIgnoreCase))
        {
            return Problem(RegistryError.InvalidSchema($"the type {type} is not supported, only AVRO"));
        }
        if (body.References is { Length: > 0 })
        {
            return Problem(RegistryError.InvalidSchema("references to other subjects are not supported; include the types in the schema"));
        }
        return ParsedSchema.Parse(body.Schema, out var reason) is { } schema ? await Stored(() => then(schema)) : Problem(RegistryError.InvalidSchema(reason));
    }

    private static async Task<IResult> SetLevel(Registry registry, string? subject, HttpRequest request)
    {
        var (body, error) = await BodyAsync<LevelBody>(request);
        if (body is null) return Problem(error!);
        if (!CompatibilityLevels.TryParse(body.Compatibility, out var level)) return Problem(RegistryError.InvalidLevel(body.Compatibility));
        return await Stored(async () =>
        {
            await registry.SetLevelAsync(new LevelChange(subject, level));
            return Json(new { compatibility = level.Name() });
        });
    }

    private static async Task<IResult> Stored(Func<Task<IResult>> change)
    {
        try
        {
            return await change();
        }
        catch (KafkaException e)
        {
            return Problem(RegistryError.StoreUnavailable(e.Error.Reason));
        }
    }

    // Clients send Confluent's own content types, which the framework's body binding does not accept as JSON.
    private static async Task<(T? Body, RegistryError? Error)> BodyAsync<T>(HttpRequest request) where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body) is { } body ? (body, null) : (null, RegistryError.MalformedBody("null"));
        }
        catch (JsonException e)
        {
            return (null, RegistryError.MalformedBody(e.Message));
        }
    }

    private static object Describe(SchemaVersion version) =>
        new { subject = version.Subject, version = version.Version, id = version.Id, schema = version.Schema.Text };

    private static IResult Verdict(IReadOnlyList<string> errors) => Json(new { is_compatible = errors.Count == 0, messages = errors });

    private static IResult Problem(RegistryError error) => Json(new { error_code = error.Code, message = error.Message }, error.Status);

    private static IResult Json(object body, int status = StatusCodes.Status200OK) =>
        Results.Text(JsonSerializer.Serialize(body, Readable), ContentType, statusCode: status);

    private sealed record SchemaBody(
        [property: JsonPropertyName("schema")] string? Schema,
        [property: JsonPropertyName("schemaType")] string? SchemaType,
        [property: JsonPropertyName("references")] JsonElement[]? References);

    private sealed record LevelBody([property: JsonPropertyName("compatibility")] string? Compatibility);
}
