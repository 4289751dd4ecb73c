using System.Text;
using Avro.Specific;
using cdp;
using Confluent.Kafka;

namespace Cdp.Streaming.Records;

/// <summary>
/// The headers by which a consumer skips records without decoding them: <c>type</c> of an event, <c>event</c>, the name of a track event, and
/// <c>destination</c> of a request to one destination.
/// </summary>
public static class EventHeaders
{
    public const string Type = "type";
    public const string Name = "event";
    public const string Destination = "destination";

    /// <summary>
    /// The type and name that the headers of a record state. The type is null for a record that is not an event, or was written without headers.
    /// </summary>
    public static (string? Type, string? Name) Of(Headers? headers)
    {
        if (headers is null || !headers.TryGetLastBytes(Type, out var type)) return (null, null);
        return (Encoding.UTF8.GetString(type), headers.TryGetLastBytes(Name, out var name) ? Encoding.UTF8.GetString(name) : null);
    }

    /// <summary>The destination that a record is meant for; null for a record that is not meant for a single one.</summary>
    public static string? DestinationOf(Headers? headers) =>
        headers is not null && headers.TryGetLastBytes(Destination, out var destination) ? Encoding.UTF8.GetString(destination) : null;

    /// <summary>Adds the headers of a record, if its type has some.</summary>
    /// <returns>The bytes that they add to the record.</returns>
    public static int Add(Headers headers, ISpecificRecord record)
    {
        if (record is DeliveryRequest request) return Add(headers, Destination, request.destinationId);
        var envelope = record switch
        {
            IdentifiedEvent identified => identified.validated.envelope,
            ValidatedEvent validated => validated.envelope,
            CollectedEvent collected => collected.envelope,
            _ => null,
        };
        if (envelope is null) return 0;
        var bytes = Add(headers, Type, envelope.type);
        return envelope is { type: "track", @event: { } name } ? bytes + Add(headers, Name, name) : bytes;
    }

    private static int Add(Headers headers, string name, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        headers.Add(name, bytes);
        return name.Length + bytes.Length;
    }
}
