import java.util.List;
import java.util.Map;

import org.elasticsearch.index.mapper.KeywordFieldMapper;
import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.index.mapper.NumberFieldMapper;
import org.elasticsearch.index.mapper.TextFieldMapper;
import org.elasticsearch.plugins.MapperPlugin;
import org.elasticsearch.plugins.Plugin;

/** Field types whose modules are not published, as the nearest types of the server. */
abstract class NearestTypes extends Plugin implements MapperPlugin {
    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
        return Map.of(
            "wildcard", parsedAs(KeywordFieldMapper.PARSER),
            "constant_keyword", parsedAs(KeywordFieldMapper.PARSER),
            "match_only_text", parsedAs(TextFieldMapper.PARSER),
            "scaled_float", parsedAs(NumberFieldMapper.NumberType.DOUBLE.parser()),
            "unsigned_long", parsedAs(NumberFieldMapper.NumberType.LONG.parser()));
    }

    private static Mapper.TypeParser parsedAs(Mapper.TypeParser nearest) {
        return (name, attributes, context) -> {
            attributes.keySet().removeAll(List.of("scaling_factor", "value"));
            return nearest.parse(name, attributes, context);
        };
    }
}
