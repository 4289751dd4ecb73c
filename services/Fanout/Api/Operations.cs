using cdp;
using Cdp.Contracts;
using Cdp.Fanout.Configuration;
using Cdp.Fanout.History;
using Cdp.Fanout.Previewing;
using Cdp.Fanout.Resending;
using Cdp.Fanout.Streams;
using Cdp.Hosting.Configuration;

namespace Cdp.Fanout.Api;

/// <summary>Carries out the requests of the API, and returns the responses.</summary>
/// <param name="files">The configured destinations.</param>
/// <param name="streams">The running deliveries.</param>
/// <param name="lookup">Finds deliveries.</param>
/// <param name="resender">Selects events to send again.</param>
/// <param name="writer">Writes the requests to send them.</param>
/// <param name="time">The clock.</param>
public sealed class Operations(
    LiveFiles<IReadOnlyList<ConfiguredDestination>> files,
    DestinationStreams streams,
    DeliveryLookup lookup,
    Resender resender,
    RequestWriter writer,
    TimeProvider time)
{
    public DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>The ids of the destinations.</summary>
    public IReadOnlyList<string> Ids => [.. files.Current.Select(destination => destination.Id)];

    /// <summary>The topics that hold deliveries.</summary>
    public IReadOnlyList<Topic> DeliveryTopics => [Topics.Deliveries, Topics.DeliveriesDead, .. Ids.Select(Topics.DeliveriesRetry)];

    /// <summary>The names of the topics that hold events, for people.</summary>
    public IEnumerable<string> EventTopics =>
        ["events.identified", "deliveries.dead", "deliveries.requests", .. Ids.Select(id => Topics.DeliveriesRetry(id).Name)];

    /// <summary>A destination; null if it is not configured.</summary>
    public ConfiguredDestination? Find(string id) => files.Current.FirstOrDefault(destination => destination.Id == id);

    public async Task<IReadOnlyList<DestinationStatus>> DestinationsAsync(CancellationToken stopping)
    {
        await EnsureTopicsAsync();
        var destinations = new List<DestinationStatus>();
        foreach (var destination in files.Current)
            destinations.Add(new DestinationStatus(destination, await CountAsync(destination.Id, stopping), streams.StateOf(destination.Id)));
        return destinations;
    }

    /// <summary>The event at a position; null if there is none.</summary>
    public async Task<IdentifiedEvent?> FindEventAsync(PreviewRequest request, CancellationToken stopping)
    {
        List<Topic> topics = [Topics.EventsIdentified, Topics.DeliveriesRequests, .. DeliveryTopics];
        return await FindAsync(topics, request.Topic!, request.Partition, request.Offset, stopping) switch
        {
            { Record: IdentifiedEvent identified } => identified,
            { Record: DeliveryRequest { @event: { } identified } } => identified,
            { Record: DeadDelivery { @event: { } identified } } => identified,
            { Record: RetriedDelivery { @event: { } identified } } => identified,
            _ => null,
        };
    }

    /// <summary>What a destination does with an event. If asked to, makes one attempt for each action that it triggers.</summary>
    public async Task<ReadOnlyMemory<byte>> PreviewAsync(
        ConfiguredDestination configured, IdentifiedEvent identified, bool isSent, CancellationToken stopping)
    {
        using var destination = configured.Create(time);
        var preview = Preview.Of(configured, destination, identified);
        if (!isSent) return FanoutJson.Preview(configured, identified, preview, null);
        var sends = new Dictionary<string, TestSend>();
        foreach (var action in preview is Preview.Triggered triggered ? triggered.Actions.Where(action => action.Fault is null) : [])
            sends[action.Item.Action] = await TestSend.SendAsync(destination, action.Item, time, stopping);
        return FanoutJson.Preview(configured, identified, preview, sends);
    }

    /// <summary>A page of deliveries; null if the cursor does not belong to the request.</summary>
    public async Task<ReadOnlyMemory<byte>?> ListAsync(ListRequest request, CancellationToken stopping)
    {
        var topics = request.Query.Topics(Ids);
        await EnsureTopicsAsync();
        var page = await lookup.ListAsync(request.Query, topics, request.Period, request.Cursor, request.Limit, stopping);
        if (page is not var (found, end)) return null;
        return FanoutJson.Deliveries(found, request.Period, end.CursorOf(request.Period, request.Query.Fingerprint));
    }

    /// <summary>A delivery; null if there is none at the position.</summary>
    public Task<LocatedRecord?> FindDeliveryAsync(string topic, int partition, long offset, CancellationToken stopping) =>
        FindAsync(DeliveryTopics, topic, partition, offset, stopping);

    /// <summary>Sends a page of dead deliveries again, or shows what would be sent.</summary>
    public async Task<ReadOnlyMemory<byte>> RedriveAsync(ResendRequest request, DeadSelection selection, CancellationToken stopping)
    {
        await EnsureTopicsAsync();
        var page = await resender.SelectDeadAsync(selection, request.Period, request.Cursor, request.Limit, request.Job ?? "", stopping);
        return await FinishAsync(request, page, selection.Fingerprint, stopping);
    }

    /// <summary>Sends a page of the history to a destination, or shows what would be sent.</summary>
    public async Task<ReadOnlyMemory<byte>> ReplayAsync(ResendRequest request, ConfiguredDestination destination, CancellationToken stopping)
    {
        await EnsureTopicsAsync();
        var (id, router) = (destination.Id, destination.Router);
        var page = await resender.SelectEventsAsync(id, router, request.Period, request.Cursor, request.Limit, request.Job ?? "", stopping);
        return await FinishAsync(request, page, ResendRequest.ReplayFingerprint(id), stopping);
    }

    private async Task<ReadOnlyMemory<byte>> FinishAsync(ResendRequest request, ResendPage page, string query, CancellationToken stopping)
    {
        if (!request.IsDryRun) await writer.WriteAsync(page.Requests, stopping);
        return FanoutJson.Resent(page, request.Job, request.IsDryRun, request.Period, page.Page.CursorOf(request.Period, query));
    }

    private async Task<int?> CountAsync(string id, CancellationToken stopping)
    {
        try
        {
            return await lookup.CountAsync(Topics.DeliveriesRetry(id), stopping);
        }
        catch (TimeoutException)
        {
            // The metric cdp.fanout.parked has the number.
            return null;
        }
    }

    private async Task<LocatedRecord?> FindAsync(IEnumerable<Topic> topics, string name, int partition, long offset, CancellationToken stopping)
    {
        await EnsureTopicsAsync();
        return await lookup.FindAsync(topics, name, partition, offset, stopping);
    }

    // The loops create the topics as well, but a request may be faster, or no destination may be configured.
    private Task EnsureTopicsAsync() => lookup.EnsureAsync([Topics.EventsIdentified, Topics.DeliveriesRequests, .. DeliveryTopics]);
}
