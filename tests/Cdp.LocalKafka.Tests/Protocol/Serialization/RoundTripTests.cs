using System.Collections;
using System.Reflection;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;
using CsCheck;

namespace Cdp.LocalKafka.Tests.Protocol.Serialization;

/// <summary>Every message in every version: it is read back completely, and writing it again gives the same bytes.</summary>
public sealed class RoundTripTests
{
    private const short HighestVersion = 17;

    private static readonly Type[] Messages = [.. typeof(IWireFields).Assembly.GetTypes()
        .Where(
            type => type.IsClass && typeof(IWireFields).IsAssignableFrom(type) && (
                type.Name.EndsWith("Request", StringComparison.Ordinal) || type.Name.EndsWith("Response", StringComparison.Ordinal)))];

    public static TheoryData<string> Names => [.. Messages.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Describe_WrittenMessage_RoundTrips(string name)
    {
        var type = Messages.Single(message => message.Name == name);
        Gen.Select(Gen.Int, Gen.Short[0, HighestVersion], Gen.Bool).Sample((seed, version, flexible) =>
        {
            var written = Write((IWireFields)Filled(type, new Random(seed)), version, flexible);
            var reader = new WireReader(written, version, flexible);
            var read = (IWireFields)Activator.CreateInstance(type)!;
            read.Describe(reader);
            return reader.Remaining == 0 && Write(read, version, flexible).AsSpan().SequenceEqual(written);
        }, iter: 200);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Describe_AnyBytes_AreReadOrRefused(string name)
    {
        var type = Messages.Single(message => message.Name == name);
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Short[0, HighestVersion], Gen.Bool).Sample((bytes, version, flexible) =>
        {
            try
            {
                ((IWireFields)Activator.CreateInstance(type)!).Describe(new WireReader(bytes, version, flexible));
            }
            catch (ProtocolException)
            {
                // The only encoding of false.
            }
        }, iter: 500);
    }

    private static byte[] Write(IWireFields message, short version, bool flexible)
    {
        var writer = new WireWriter(version, flexible);
        message.Describe(writer);
        return writer.Written.ToArray();
    }

    private static object Filled(Type type, Random random)
    {
        var filled = Activator.CreateInstance(type)!;
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance)) field.SetValue(filled, Value(field.FieldType, random));
        return filled;
    }

    private static object Value(Type type, Random random)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying) type = underlying;
        if (type == typeof(string)) return new string('é', random.Next(4));
        if (type == typeof(bool)) return random.Next(2) == 1;
        if (type == typeof(sbyte)) return (sbyte)random.Next();
        if (type == typeof(short)) return (short)random.Next();
        if (type == typeof(int)) return random.Next();
        if (type == typeof(long)) return random.NextInt64();
        if (type == typeof(Guid)) return Guid.NewGuid();
        if (type == typeof(ErrorCode)) return (ErrorCode)random.Next(100);
        if (type == typeof(ReadOnlyMemory<byte>)) return new ReadOnlyMemory<byte>(new byte[random.Next(5)]);
        if (type == typeof(Records)) return new Records(new byte[random.Next(5)], default);
        if (!type.IsGenericType) return Filled(type, random);
        var list = (IList)Activator.CreateInstance(type)!;
        for (var left = random.Next(3); left > 0; left--) list.Add(Value(type.GetGenericArguments()[0], random));
        return list;
    }
}
