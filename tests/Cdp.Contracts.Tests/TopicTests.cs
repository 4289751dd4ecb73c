using System.Reflection;
using Avro;
using Avro.Specific;
using Xunit;

namespace Cdp.Contracts.Tests;

public sealed class TopicTests
{
    [Fact]
    public void All_TopicsDeclared_AreInTheTable()
    {
        var declared = typeof(Topics).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<Topic>();
        Assert.Equal(declared.Select(topic => topic.Name).Order(), Topics.All.Select(topic => topic.Name).Order());
    }

    [Fact]
    public void Subject_OneRecordOrSeveral_FollowsConfluentsStrategies()
    {
        Assert.Equal("cdp.events.collected-value", Topics.EventsCollected.Subject("cdp.", new cdp.CollectedEvent()));
        Assert.Equal("cdp.ProfileMerged", Topics.EventsIdentified.Subject("cdp.", new cdp.ProfileMerged()));
    }

    [Fact]
    public void Schemas_EveryRecordAndField_IsDocumented()
    {
        foreach (var type in typeof(Topics).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(ISpecificRecord))))
        {
            var schema = (RecordSchema)type.GetField("_SCHEMA", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
            Assert.False(string.IsNullOrWhiteSpace(schema.Documentation), schema.Fullname);
            Assert.All(schema.Fields, field => Assert.False(string.IsNullOrWhiteSpace(field.Documentation), $"{schema.Fullname}.{field.Name}"));
        }
    }
}
