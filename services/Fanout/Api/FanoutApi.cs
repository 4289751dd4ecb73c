using System.Globalization;
using Cdp.Hosting.Api;
using Cdp.Streaming.Failures;

namespace Cdp.Fanout.Api;

/// <summary>The API for operators: what the destinations do with events, what became of deliveries, and sending them again.</summary>
public static class FanoutApi
{
    private const int MaxBodyBytes = 1024 * 1024;

    public static void MapFanoutApi(this WebApplication app)
    {
        app.UseUnmatchedRequestErrors();
        app.MapOpenApi(typeof(FanoutApi).Assembly, "Cdp.Fanout.Api.openapi.json");
        var api = app.MapGroup("/v1").RequireApiToken();
        api.MapGetAndHead("/destinations", DestinationsAsync);
        api.MapPost("/destinations/{id}/preview", (string id, HttpContext http, Operations operations) => PreviewAsync(id, false, http, operations));
        api.MapPost("/destinations/{id}/test", (string id, HttpContext http, Operations operations) => PreviewAsync(id, true, http, operations));
        api.MapPost("/destinations/{id}/replay", ReplayAsync);
        api.MapGetAndHead("/deliveries", DeliveriesAsync);
        api.MapGetAndHead("/deliveries/{topic}/{partition}/{offset}", DeliveryAsync);
        api.MapPost("/deliveries/redrive", RedriveAsync);
    }

    private static Task<IResult> DestinationsAsync(HttpContext http, Operations operations) => GuardAsync(http, async () =>
        Ok(FanoutJson.Destinations(await operations.DestinationsAsync(http.RequestAborted))));

    private static Task<IResult> PreviewAsync(string id, bool isSent, HttpContext http, Operations operations) => GuardAsync(http, async () =>
    {
        if (operations.Find(id) is not { } destination) return UnknownDestination(id, operations);
        var now = operations.Now;
        var (request, fault) = await ReadAsync(http, body => PreviewRequest.Read(body, $"preview-{Guid.NewGuid():N}", now), PreviewRequest.Example);
        if (fault is not null) return fault;
        var identified = request!.Event ?? await operations.FindEventAsync(request, http.RequestAborted);
        if (identified is null)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{request.Topic}, partition {request.Partition}, offset {request.Offset}");
            return NotFound($"there is no event at {place}; use {string.Join(", ", operations.EventTopics)} and an offset that the topic still holds");
        }
        return Ok(await operations.PreviewAsync(destination, identified, isSent, http.RequestAborted));
    });

    private static Task<IResult> DeliveriesAsync(HttpContext http, Operations operations) => GuardAsync(http, async () =>
    {
        var (request, faults) = ListRequest.Read(name => http.Request.Query[name] is [{ Length: > 0 } value] ? value : null, operations.Now);
        if (faults.Count > 0) return ApiError.Result(StatusCodes.Status400BadRequest, "invalid_query", string.Join("; ", faults));
        return await operations.ListAsync(request, http.RequestAborted) is { } list
            ? Ok(list)
            : ApiError.Result(
                StatusCodes.Status400BadRequest, "invalid_query", "the cursor names a topic that the request does not cover; start again without a cursor");
    });

    private static Task<IResult> DeliveryAsync(string topic, string partition, string offset, HttpContext http, Operations operations) =>
        GuardAsync(http, async () =>
    {
        if (int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && await operations.FindDeliveryAsync(topic, number, at, http.RequestAborted) is { } found)
        {
            return Ok(FanoutJson.Delivery(found));
        }
        var topics = string.Join(", ", operations.DeliveryTopics.Select(known => known.Name));
        return NotFound($"there is no delivery in {topic}, partition {partition}, offset {offset}; use {topics} and an offset that the topic still holds");
    });

    private static Task<IResult> RedriveAsync(HttpContext http, Operations operations) => GuardAsync(http, async () =>
    {
        var now = operations.Now;
        var (read, fault) = await ReadAsync(http, body => ResendRequest.ReadRedrive(body, now), ResendRequest.RedriveExample);
        if (fault is not null) return fault;
        var (request, selection) = read;
        if (operations.Find(selection.DestinationId) is null) return UnknownDestination(selection.DestinationId, operations);
        return Ok(await operations.RedriveAsync(request, selection, http.RequestAborted));
    });

    private static Task<IResult> ReplayAsync(string id, HttpContext http, Operations operations) => GuardAsync(http, async () =>
    {
        if (operations.Find(id) is not { } destination) return UnknownDestination(id, operations);
        var now = operations.Now;
        var (request, fault) = await ReadAsync(http, body => ResendRequest.ReadReplay(body, id, now), ResendRequest.ReplayExample);
        return fault ?? Ok(await operations.ReplayAsync(request!, destination, http.RequestAborted));
    });

    private static async Task<(T? Value, IResult? Fault)> ReadAsync<T>(HttpContext http, Func<JsonBody, T> read, string example)
    {
        if (await ReadBodyAsync(http.Request) is not { } json)
        {
            var message = $"the body is larger than {MaxBodyBytes} bytes; send a smaller one";
            return (default, ApiError.Result(StatusCodes.Status413PayloadTooLarge, "too_large", message));
        }
        var (value, faults) = JsonBody.Read(json, read, example);
        return faults.Count == 0 ? (value, null) : (default, ApiError.Result(StatusCodes.Status400BadRequest, "invalid_body", string.Join("; ", faults)));
    }

    /// <returns>Null if the body is too large.</returns>
    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request)
    {
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0;)
        {
            body.Write(buffer, 0, read);
            if (body.Length > MaxBodyBytes) return null;
        }
        return body.ToArray();
    }

    private static async Task<IResult> GuardAsync(HttpContext http, Func<Task<IResult>> answer)
    {
        try
        {
            // Personal data: no cache may store it.
            http.Response.Headers.CacheControl = "private, no-store";
            return await answer();
        }
        catch (Exception e) when (Outages.IsUnavailable(e, http.RequestAborted) || e is TimeoutException)
        {
            http.Response.Headers.RetryAfter = "1";
            return ApiError.Result(
                StatusCodes.Status503ServiceUnavailable,
                "unavailable",
                "Kafka or the schema registry is unavailable; send the request again, with the same cursor. A page whose response is lost may have been "
                + "written: its events are then sent twice, with the same Idempotency-Key");
        }
    }

    private static IResult UnknownDestination(string id, Operations operations)
    {
        var known = operations.Ids is { Count: > 0 } ids ? $"the destinations are {string.Join(", ", ids)}" : "no destination is configured";
        return ApiError.Result(StatusCodes.Status404NotFound, "unknown_destination", $"there is no destination '{id}'; {known}");
    }

    private static IResult NotFound(string message) => ApiError.Result(StatusCodes.Status404NotFound, "not_found", message);

    private static IResult Ok(ReadOnlyMemory<byte> json) => Results.Text(json.Span, ApiError.ContentType);
}
